"""Tenths of a point by which words and pairs of words tell a question's kind. Pure data, not hand-written.

Learned by `python -m tests.query_types` from the sentences of tests/models_registry/domain/query_types_said.tsv.
"""

from collections.abc import Mapping

LEARNED: Mapping[str, str] = {
    "quick": """
    0:-9 0_qmark:-3 ^_0:3 ^_any:3 ^_can:4 ^_combien:5 ^_des:3 ^_en:10 ^_evaluate:-3 ^_evalue:-3 ^_explain:-3
    ^_fais:5 ^_i:-4 ^_in:5 ^_is:7 ^_j:-4 ^_just:9 ^_juste:5 ^_keep:3 ^_mets:4 ^_petit:5 ^_pourquoi:-4 ^_put:-3
    ^_que:-3 ^_quels:-4 ^_qui:-4 ^_quick:7 ^_quoi:5 ^_resume:8 ^_short:5 ^_sum:4 ^_tout:5 ^_un:8 ^_uptime:4
    ^_which:-4 ^_who:-4 ^_why:-5 a:-5 a_glance:5 about_my:4 active:4 activite:4 actuel:5 ai:5 ai_gagne:3 am:4 am_i:4
    amp:-3 an:-4 and:-3 anything:5 apercu:9 are_we:4 at:6 at_a:5 aujourd:4 aujourd_hui:4 avec:-4 average:-4
    balance:3 be:-3 beaucoup:3 best:-3 better:-5 bien:3 bref:8 brief:9 budget:-4 by:-6 c:-3 c_est:-3 ca:5 ca_va:4
    can:-4 canal:-9 canaux_qmark:3 ce:3 ce_matin:3 ces:-3 cette:3 cette_nuit:4 channel:-8 check:10 chiffres:7
    chiffres_cles:3 cinq:-3 cles:5 close:-3 combien:6 combien_de:5 comment:-4 comment_ca:4 comment_vont:6
    competitive:-4 cote:5 coup_d:4 court:6 current:8 d_oeil:4 dans:-6 de_canaux:6 de_l:-3 de_la:5 de_liquidite:-3
    de_mes:3 de_mon:4 des:3 devrais:-3 did:5 did_i:3 do:-3 does:-5 doing:8 donne:5 du:5 earned:4 earnings:7 en:6
    en_0:-3 en_bref:3 en_deux:3 en_est:5 en_une:5 est_en:3 est_la:4 est_ma:4 est_ou:3 et:-4 etat:9 evaluate:-3
    evalue:-3 everything:8 explain:-3 facon:-3 faire:-3 fais:4 fast:3 fee:-6 fees_earned:3 fees_qmark:-3 few:3
    fine:3 five:-3 for:-8 for_me:4 for_my:-4 for_the:-3 frais:-3 frais_gagnes:3 gagne:5 gagnes:3 gains:3 give_me:3
    glance:5 good:-6 gossip:-5 grandes:5 have:5 hier:5 how_are:4 how_can:-3 how_do:-7 how_many:9 how_much:3 how_s:7
    htlc:-5 hui:4 hui_qmark:5 i_earn:3 i_have:4 il:-3 ils:-3 in:5 in_a:5 in_the:-4 invoices:-3 is:-3 is_my:3 j_ai:4
    je_suis:4 just:8 just_the:6 juste:8 juste_les:7 keep_it:3 key:5 la_semaine:7 last:4 le:-7 le_noeud:6
    les_canaux:-4 les_chiffres:3 les_frais:-3 les_paiements:-3 lesquels:-3 lightning:-3 ligne:5 ligne_qmark:5
    lignes:8 line:7 liquidite:4 liquidite_qmark:3 liquidity:3 lnd:-4 long:-3 loop:-3 m:3 ma:6 ma_liquidite:7
    ma_situation:3 main:7 many:8 matin:3 matin_qmark:3 me:9 me_the:7 meilleurs:-4 mes:4 mes_canaux:4 mes_gains:3
    mes_revenus:-3 mets:4 mieux:-3 moi:10 moi_des:-3 moi_les:3 mon_activite:5 mon_routage:3 mon_solde:7
    mon_uptime:-3 most:-4 mots:3 much:3 my:6 my_channel:3 my_channels:3 my_liquidity:5 my_node:3 my_routing:6 n:-3
    ne:-4 new:7 node:3 node_in:6 node_s:-5 nodes:-3 noeud:4 noeud_a:3 noeud_en:3 noeud_qmark:3 noeuds:-3 note:-3
    nouvelles:9 now:4 now_qmark:3 nuit:3 numbers:8 oeil:4 of:4 of_my:6 of_the:-4 ok:6 on:3 on_en:3 on_my:10 on_the:6
    one:7 one_line:3 one_of:-3 online:4 online_qmark:4 only:3 options:-3 options_qmark:-3 or:-3 out:-4 overview:10
    overview_of:3 paiements:-4 pair:-6 par:-6 pas:-4 passe:4 payment:-3 payments:-3 peer:-6 per:-3 petit:7 peut:-3
    phrases:3 place:-4 plan:-4 please:12 plus:-9 point:3 points:5 pour:-11 pourquoi:-5 prochains:-3 put:-3 qmark:9
    qu:-3 que:-7 quel_est:5 quelle:-3 quelle_est:6 quelques:4 quels:-5 qui:-8 quick:9 quoi:4 quoi_de:5 quoi_mon:4
    quoi_qmark:-3 rank:-3 ranking:-3 rapide:9 rate:-3 rebalance:-3 recap:9 reequilibrer:-3 report:3 resume:12
    revenue:-3 revenus:-3 right:3 right_now:5 route:-4 s:4 s_my:8 s_the:3 sante:4 score:-6 se_passe:4 second:3
    semaine:7 short:9 should:-7 should_i:-3 show:4 situation:7 solde:5 state:5 state_of:6 status:7 status_qmark:6
    statut:7 stp:7 strongest:-5 suis:3 sum:4 sum_up:4 summary:7 sur:6 sur_0:-4 sur_la:-3 sur_mes:9 sur_mon:6 svp:7
    swap:-3 t:-3 temps:-3 than:-3 that:-3 the_most:-4 the_node:4 the_state:3 these:-3 this:4 this_week:3 time:-3
    to:-10 today:9 today_qmark:7 too:-3 top:-3 tor:-3 total:12 tourne:3 tout:5 tout_est:3 tu:-3 un:-3 un_apercu:6
    un_noeud:-3 un_rapide:3 une:-4 une_ligne:4 up_my:4 uptime:4 va:12 va_bien:3 va_le:5 vers:-4 version:10 vite:4
    vont:6 waiting:-3 we:9 week:7 what:-4 what_is:3 what_s:5 where:6 where_are:3 which:-6 who:-4 why:-5 with_my:4
    words:3 worst:-5 would:-4 years:-3 yesterday:6 yesterday_qmark:3 you:-4 zero:-9
    """,
    "detailed": """
    0_ppm:5 0_qmark:-3 0_sats:8 ^_0:3 ^_acinq:-3 ^_can:-3 ^_comment:8 ^_dans:-3 ^_de:3 ^_en:-3 ^_explain:-3 ^_faut:4
    ^_give:3 ^_le:-3 ^_lequel:-3 ^_les:-3 ^_mes:-5 ^_optimise:7 ^_ou:3 ^_pourquoi:-6 ^_que:6 ^_quel:3 ^_quelles:3
    ^_qui:-3 ^_should:4 ^_tu:5 ^_why:-5 ^_would:3 a:-3 a_good:5 a_la:4 a_zero:3 actions:7 advise:4 ai_0:4 all:-3
    am:-5 am_i:-5 ameliorer:6 an:-6 and:-5 ans:-3 are:-3 argent:3 as:-3 attirer:4 attract:3 au:-3 autres:-3 avec:7
    avec_mon:-3 baisser:5 baisser_mes:3 balance_qmark:-4 base:6 base_fee:5 become:-3 binance:6 binance_qmark:3
    bitfinex:-3 bitrefill_qmark:-3 bon:6 bonne:5 boutique:4 budget:-4 by:-7 ca:-3 can:6 can_i:9 canal:12
    canal_avec:3 canal_est:-3 canaux:7 canaux_qui:3 canaux_sont:3 cannot:-4 capacite:-3 ce:-3 ce_canal:4 celui:-3
    ces:-4 change:5 changer:8 channel:7 channel_opening:-3 channel_to:6 channel_with:6 channels:5 channels_should:5
    channels_that:4 chaque:-4 chaque_canal:-3 cheaply:4 cinq:-3 combien_facturer:3 comment:3 comment_attirer:4
    comment_se:-3 comment_vont:-4 competitive:-3 costs:4 costs_qmark:4 could:4 could_i:5 d_un:-3 dans:-3
    de_canaux:-5 de_l:5 de_mes:-5 de_mon:-4 debarrasser:3 depuis:-4 des:3 devrais:5 dire:-3 do:3 do_with:3 do_you:3
    does:-6 dois:4 du:-6 each:-5 earnings:-4 en:-6 en_premier:3 entrant:6 entrante:4 entre:-3 errorcode:-3
    est_mon:-3 et:-4 etat:-4 every:-4 everything:-3 exchanges:5 expansion:-4 explain:-3 expliquer:-3 facon:3
    facturer:3 faire:4 fee:8 fee_policy:4 fees:5 fees_earned:3 fermer:8 fermeture:3 five:-3 fixer:-3 for:9 for_0:-3
    for_a:6 for_me:-3 for_my:8 forward:-3 frais:7 frais_pour:3 frais_qmark:3 frais_vers:4 gagner:4 gagner_plus:4
    gains:-3 get:3 give_me:6 going:-3 good:7 grade:-5 grandir:-3 grandir_qmark:-3 grow:-4 has:-3 have:-4 hop:-3
    how:-3 how_can:7 how_many:-4 how_to:5 i:6 i_change:3 i_do:3 i_rebalance:3 i_should:4 idle:3 improve:4 in:-8
    inactifs:4 inbound:6 is:-3 it:3 j_en:3 je:6 je_devrais:3 je_suis:-4 kraken_qmark:4 l:-4 l_argent:3 la:-4 le:-8
    le_plus:-4 lequel:-4 les:-7 les_petits:3 lesquels:6 lightning:-3 like:-3 liquidite_entrante:4 liquidity:-3
    lnd:-6 local:3 long:-4 loop:4 loop_qmark:5 lower:4 lower_my:4 ma:-4 ma_liquidite:-3 marche:-3 mauvais:-3 max:3
    me:4 me_debarrasser:3 meilleur:-3 mes_frais:5 mes_gains:-3 mes_pairs:-4 mes_revenus:3 mettre:6 mieux:4
    mieux_que:-3 milestones:-3 moi:5 moi_des:6 moins:-3 mois:-3 mon_canal:3 mon_entrant:6 mon_noeud:-4
    mon_prochain:3 mon_taux:3 more:10 more_inbound:4 more_qmark:3 much:3 my:3 my_fees:4 my_liquidity:-3 my_next:4
    my_node:-4 my_peers:-3 my_routing:-3 next:4 no:-3 node:-6 nodes:-3 noeud:-6 noeuds:-4 normal:-3 note:-3
    nouvelles:-3 now:-3 of:-6 of_a:-3 okx:5 okx_qmark:5 one:-7 open:6 opening:-3 optimise:7 options:7
    options_qmark:7 ou:6 ou_j:3 ou_mauvais:-3 outbound:4 ouvrir:9 over:-4 overview:-3 pair:4 pair_est:3
    pairs_qmark:3 par:-8 pay:-3 per:-4 performs:-3 petit:-3 petits:6 peut:-3 phases:-3 placer:4 plan:-4 plus:7
    plus_de:3 plus_qmark:5 policy:4 pour:11 pour_un:4 pourquoi:-6 ppm:7 premier:3 prochain:3 propose:3 puis:3
    puis_je:3 qmark:6 que_puis:3 quel_canal:3 quelle:3 quelles:3 quels:3 quels_canaux:5 qui:6 quoi_qmark:6 raise:4
    rebalance:3 rebalancing:3 recommend:7 reduire:7 reequilibrage:6 reequilibrer:10 revenue:4 revenus:3
    river_qmark:3 routing:-4 routing_income:-3 s:-5 s_my:-4 s_the:8 sats:6 scale:-3 score:-5 se:-6 second:-3 see:-3
    should:11 should_i:5 si:-3 since:-4 size:4 small:5 small_channels:4 solde:-3 sont:-3 sortant:5 stand:-3
    suggest:3 suis:-7 sur_les:3 t:-4 target:-3 tarif:3 taux:3 temps:-3 than:-4 the:-9 the_most:3 these:-3 this:-5
    time:-4 to:7 to_0:-4 to_grow:-3 to_open:4 today:-4 today_qmark:-3 too:8 top:-3 total:-3 tout:-3 towards:4
    trois:3 trop:8 trouver:3 tu:10 tu_le:3 un:-4 un_bon:4 un_canal:3 un_pair:3 une:-5 up:-3 va:-3 vers:12
    vers_binance:3 vont:-4 way:4 way_to:5 what_can:5 what_could:3 what_do:3 what_is:-3 where_do:-3 which:4
    which_peers:3 why:-5 with:3 with_my:-6 work:-3 worst:-3 worth:6 would:7 wrong:-3 year:-5 you:4 zero:3
    zero_qmark:4
    """,
    "strategic": """
    0:13 0_btc:7 0_canaux:3 0_channels:5 0_mois:3 0_qmark:5 ^_0:-3 ^_comment:4 ^_dois:4 ^_donne:-3 ^_en:-3 ^_est:3
    ^_give:-3 ^_je:3 ^_le:-4 ^_les:-3 ^_long:3 ^_mes:-3 ^_mon:-4 ^_my:-3 ^_node:-5 ^_ou:3 ^_plan:6 ^_pourquoi:-3
    ^_quel:3 ^_quels:5 ^_set:4 ^_the:-4 ^_un:-3 ^_vers:4 ^_which:3 ^_why:-3 a:4 a_l:6 a_long:5 a_node:4 a_strategy:4
    activite:5 ahead:5 ai:-3 am:-3 am_i:-3 an:6 annee:6 annees:5 annees_qmark:4 ans:9 ans_qmark:6 are:-7 at:-5
    avenir:7 be:3 become:5 btc:7 budget:11 build:7 business:5 by_0:3 ca:-3 canal:-11 capacity:3 capital:8 chain:-3
    channel:-11 channels:-6 channels_qmark:4 check:-3 cinq:4 cinq_ans:5 close:-3 coming:6 comment:5 comment_faire:4
    comment_passer:3 comment_s:5 comment_se:-4 compare:-4 compte:3 croissance:7 d:6 d_ici:5 dans:9 dans_la:5
    dans_les:4 de_canal:-3 de_canaux:4 de_croissance:7 de_ma:4 de_mes:-3 de_mon:-3 des:-3 deux_ans:3 developper:5
    devenir:9 devenir_un:3 difference:-3 direction:5 does:-4 dois:4 dois_je:4 donne:-3 double:4 doubler:3 du:-4
    en_0:7 entrant:-5 est:-5 etre:5 everything:-3 evoluer:4 expand:5 expansion:10 faire:10 fee:-4 fees:-4
    feuille_de:3 five:3 five_years:4 fixer:7 for:8 for_me:-3 for_the:4 forwards:-4 frais:-3 future:6 get_there:5
    give:-3 grandir:5 grandir_qmark:4 gros:4 grow:7 growth:9 how_do:6 how_much:-3 how_should:5 htlc:-5 hub:7 i:3
    i_want:5 ici:5 in_a:-3 in_the:4 inbound:-5 into:7 invoice:-3 is:-5 is_it:3 is_my:-4 j:-3 je_suis:-3 je_veux:4
    just:-4 kraken:-3 l:4 l_annee:5 l_avenir:5 la:-4 last:-3 le_noeud:-4 le_temps:4 ligne:-3 liquidite:-3 lnd:-4
    long:13 long_term:6 long_terme:5 look:3 look_like:3 loop:-4 m:-4 make:3 me:-3 mes:-6 mes_canaux:-3 mettre:-3
    milestones:5 moi:-3 moi_un:3 mois:8 mon_uptime:-3 monter:3 month:3 months:3 more:-3 much:-3 my_fees:-3 next:7
    node:8 node_over:3 nodes_qmark:-3 noeud:9 noeud_a:-3 noeud_dans:3 noeud_est:-4 note:-3 notre:4 objectifs:4 of:-3
    on:-4 open:-3 ou:4 out_the:4 over:5 over_the:3 over_time:4 pair:-5 pairs:-3 par:4 passer:6 path:4 payment:-3
    payments:-3 peer:-5 peers:-3 phases:5 placer:-3 plan:15 plan_for:4 please:-3 plus:-4 pour:14 pour_0:3 pour_le:5
    pourquoi:-4 ppm:-3 prepare:3 preparer:5 prochain:3 prochaine:5 prochaines:4 prochaines_annees:4 prochains:9
    prochains_mois:3 qu:-3 que:-3 quelle:3 quelles:3 quels:5 quels_canaux:-3 qui:3 rank:-4 rate:-3 rebalance:-6
    reequilibrage:-3 report:-3 reste:-3 roadmap:3 router:3 run:5 run_qmark:3 scale:5 second:4 see:3 set:5 should:12
    should_i:8 should_my:5 six:7 sont:-5 stp:-3 strategie:7 strategie_de:3 strategie_pour:3 strategy:10
    strategy_to:4 suis:-4 sur_mon:-3 sustainable:3 swap:-3 t:-5 taille:-3 target:4 temps:3 term:7 terme:8
    terme_qmark:3 the_coming:6 the_future:4 the_long:3 the_next:5 the_node:-3 the_year:3 there:4 this_week:-3 time:3
    to:6 to_0:3 to_grow:3 to_the:-3 tor:-3 trimestre:5 un_noeud:3 un_plan:3 une:6 une_feuille:3 une_strategie:4
    uptime:-5 version:-3 veux:4 viser:4 vision:6 want:5 want_to:5 week:-3 what_should:4 where_to:3 which:3 why:-4
    will:5 with:-3 y:6 year:11 years:9 years_qmark:4 you:3
    """,
    "technical": """
    0:-10 ^_a:-3 ^_are:3 ^_comment:3 ^_difference:4 ^_does:3 ^_est:-3 ^_explain:12 ^_explique:9 ^_faut:-4 ^_how:7
    ^_je:-4 ^_le:-3 ^_m:3 ^_mes:-3 ^_mon:-5 ^_my:-4 ^_pourquoi:10 ^_qu:8 ^_quand:3 ^_que:8 ^_quels:-3 ^_qui:7
    ^_un:-5 ^_vers:-3 ^_what:5 ^_when:4 ^_which:-4 ^_who:7 ^_why:11 a_channel:8 a_l:-4 a_payment:4 a_quoi:4 a_t:3
    a_zero:-3 about:6 ai:-4 amp:6 an:6 an_invoice:5 anchor:8 and_a:3 are:6 are_my:-3 au:-3 avoir:-3 balance_qmark:3
    base:3 base_fee:3 better:-3 between:6 bolt11:7 bolt12:7 boltz:-3 bon:-3 by:4 c:3 c_est:3 ca_veut:3 can:4
    can_i:-3 canal_qmark:5 canaux:-4 canaux_qmark:4 canaux_sont:-3 capacite:3 ces:-3 cette:-4 chain:6 channel:4
    channel_opening:6 channel_to:-4 channels_qmark:-3 chemin:3 cln:3 cltv:3 comment:7 comment_est:3 comment_les:3
    comment_lnd:5 comment_marche:4 comment_un:4 confirmations:3 connexion:-3 d:4 d_like:5 d_un:4 d_une:3 days:-3
    de:-3 de_canal:6 de_temps:5 delta:4 depuis:-3 des:-3 did:-3 difference:10 difference_between:5
    difference_entre:4 dire:7 dire_quoi:3 do:5 do_i:-8 does:11 does_a:4 donne:-4 du:3 dust:4 dust_limit:4 each:3
    earned:-3 elle:3 en:-3 entre:6 est_quoi:5 et:3 etat:3 everything:-4 expire:3 explain:10 explique:9 expliquer:5
    expliquer_le:6 facture:3 faire:-4 fait:5 fee:5 fermeture:4 fonds:3 for:-4 for_a:-3 forwards:-7 forwards_qmark:-4
    from:-3 funds:4 get:-3 give:-3 good:-4 gossip:11 happens:5 hier:-3 hodl:3 hodl_invoice:3 hop:6 how:9 how_does:6
    how_many:-3 how_s:-3 htlc:5 htlc_qmark:4 htlcs:3 i:-10 i_d:5 i_m:5 if:4 il:5 ils:4 invoice:8 invoice_qmark:3
    invoices:4 is:6 is_a:4 is_my:-5 j:-3 j_ai:-3 je:-9 keep:-3 key:3 keysend:3 kraken:-3 l_etat:3 la:5 le:9
    le_noeud:-4 le_role:4 les:10 les_canaux:5 les_factures:3 lightning:8 like:5 like_to:5 limit:4 limite:3
    liquidity:6 lnd:4 loop:-3 ma:-7 many:-3 marche:4 max:4 me:-5 mean:3 meilleur:-3 mes:-10 mes_frais:-3 mieux:-4
    moi_un:-3 mois:-3 mon:-14 month:-3 mpp:4 multi:3 my:-18 my_channels:-3 n:-3 need:3 new:-4 no:-3 node:-5 nodes:4
    nodes_qmark:3 noeud:-6 noeuds:3 number:3 of_a:3 of_my:-3 of_the:3 oignon:3 on_chain:3 one:-4 onion:4 only:-3
    open:-3 opening:3 other:4 ou:-6 out:-4 over:-3 pairs:-5 path:4 payment:3 peers:-3 per:8 petit:-3 peut:10 plus:-5
    pour:-4 pour_les:-3 pourquoi:10 preimage:6 private:4 prochains:-4 qmark:5 qu:8 quand:8 que:5 que_j:-3 que_je:-3
    que_la:3 quel_canal:-3 quels:-3 quoi:9 quoi_sert:3 reserve:4 river:-4 role:5 route:4 route_qmark:4 s:-3 s_a:5
    sans:-3 sats:-5 se:-3 see:6 semaine:-4 sert:3 should:-4 si:3 small:-3 solde:4 sont:5 sont_ils:4 sous:3 splice:5
    state_qmark:4 sudden:-4 sur:-6 swap:5 t:7 t_il:7 taproot:6 temps:3 the_node:-3 this:-4 time:3 to:-3 to_my:3
    total:-3 tous:-3 transaction:4 trois:-4 tu:-3 un:6 un_bon:-3 un_htlc:4 un_noeud:4 un_paiement:4 un_swap:4
    un_watchtower:3 une:6 une_facture:4 une_fermeture:4 up:-3 uptime:-3 use:3 used:3 va:-4 vers:-5 veut:5
    veut_dire:5 watchtowers:7 we:-5 what:10 what_could:-3 what_does:3 what_happens:5 what_is:6 what_would:-3 when:7
    who:7 why:10 why_do:3 why_is:3 work:7 yesterday:-4 zero_qmark:-3
    """,
    "scoring": """
    0:3 0_a:3 0_sats:-3 0_to:3 ^_a:-3 ^_acinq:4 ^_any:-5 ^_classe:5 ^_combien:-4 ^_comment:-7 ^_compare:9 ^_donne:4
    ^_en:-3 ^_evaluate:7 ^_evalue:8 ^_give:4 ^_grade:5 ^_i:-3 ^_in:-4 ^_j:-4 ^_je:-4 ^_lequel:4 ^_ma:5 ^_my:-5
    ^_note:3 ^_optimise:-4 ^_plan:-3 ^_pourquoi:-3 ^_put:5 ^_qu:-4 ^_que:-6 ^_quelles:-3 ^_quels:3 ^_qui:4 ^_rank:5
    ^_rate:7 ^_river:3 ^_sort:4 ^_the:-4 ^_trie:3 ^_un:-6 ^_what:-3 ^_which:6 ^_who:4 ^_why:-4 a_channel:-3
    a_peer:-3 a_scale:4 about:-6 acinq:8 actions:-3 activite:-3 actuel:-3 against:5 am:7 am_i:7 are_my:5 au:3
    autres:5 aux:6 aux_autres:5 avec:-4 avec_muun:3 average:8 balance:-3 base:-4 base_fee:-3 best:10 better:9
    better_qmark:3 better_than:3 bitfinex:4 bonne:-4 by:7 ca:-3 can:-6 can_i:-3 canal:4 canaux:6 canaux_en:4
    canaux_par:5 canaux_qmark:-6 canaux_sont:-5 celui:4 ces:11 channel_qmark:3 channel_to:-3 channels:4
    channels_by:4 chaque:4 chaque_canal:6 chiffres:-3 cinq:7 classe:7 close:-3 closed:-3 closing:-3 combien_de:-5
    comment:-4 comment_se:6 compare:14 compared:6 competitive:6 current:-4 d:-8 de_0:4 de_frais:4 de_la:-3
    de_liquidite:3 de_mes:3 de_mon:7 de_succes:3 does_my:5 dois:-3 donne:4 du:3 each:6 echelle:4 echelle_de:4 en:-4
    est_il:7 est_la:-4 est_le:5 est_mon:6 etat:-3 evaluate:7 evalue:8 explain:-3 face:6 faire:-5 fais:3 fees:3
    fees_qmark:7 fermer:-4 fermeture:-3 fine:-4 five:6 for_me:5 for_the:3 forwards:-3 frais:3 frais_sont:6 get:-3
    give:8 give_me:-4 good:7 got:-3 grade:12 grade_my:3 gros:-3 hors:-3 hors_ligne:-3 how_are:-3 how_many:-3
    how_well:3 how_would:3 htlc:-7 ils:3 inactifs:-3 inactive:-4 is_my:8 is_the:3 it:-4 je_me:4 just:-3 key:-3
    kraken:5 l:-4 la_moyenne:5 le:4 le_meilleur:4 le_mieux:4 le_moins:5 le_plus:8 least:6 lequel:9 ligne:-4 list:4
    lnd:-3 long:-4 look:-3 loop:-3 ma:6 ma_taille:3 many:-3 marche:4 mark:5 mauvais:4 me:-3 meilleur:10 meilleurs:9
    mes:8 mes_pairs:4 mieux:8 mieux_que:5 moi:-4 moins:9 mois_qmark:3 mon:6 mon_noeud:7 mon_taux:3 mon_uptime:7
    month:3 most:7 moyen:4 moyenne:5 muun_qmark:3 my:11 my_channel:-3 my_fee:4 my_node:4 my_peers:5 my_uptime:3 n:-4
    ne:-4 next:-6 node_s:8 nodes:8 nodes_qmark:4 noeud_est:4 noeuds:7 noeuds_de:3 note:13 nuit:-3 numbers:-3 of_0:4
    on_a:3 on_my:-4 online:-3 open:-3 opening:-3 optimise:-4 or:8 order:3 others:4 others_qmark:4 ou_mauvais:4
    out_of:3 ouvrir:-3 paiements:-3 pair:3 pairs:9 par:11 parmi:3 pas:-3 passe:-3 payment:-3 payments:-3 peers:6
    peers_by:4 performing:5 performs:4 petits:-3 peut:-4 pire:9 place:5 plan:-5 plus:5 points:3 pour:-4 pour_les:3
    pourquoi:-4 profit:4 profitable:4 put:5 qu:-3 quality:5 quand:-3 que:5 que_j:4 quel:5 quel_canal:4 quelle_est:-5
    quelles:-3 qui_est:4 quick:-3 quoi:-6 rank:10 ranking:6 rapide:-3 rapport:3 rate:9 rate_my:5 rebalance:-3
    rebalances:-3 reequilibrer:-3 reliable:3 report:5 resume:-3 river:7 route:-4 routing_income:3 routing_nodes:4
    s:3 s_my:3 s_the:-3 sans:-3 sante:-3 sat:3 sats:-5 scale:3 score:17 se:-3 see:-4 serait:3 set:-3 short:-3
    should:-7 should_i:-4 should_my:-3 since:-3 solde:-5 sont:3 sont_les:3 sort:4 stp:3 strategy:-3 strongest:8
    succes:3 suis:6 sur_0:6 sur_la:5 sur_mes:-5 sur_mon:-3 sur_une:4 swap:-3 t:-6 taille:3 taux:3 taux_de:3 than:9
    the:6 the_channel:-3 the_least:4 the_most:3 the_top:3 these:9 to:-3 to_the:5 today:-3 too:-3 top:10 tor:-4
    total:-4 tous:-3 trie:3 trop:-3 un_canal:-3 un_score:4 une_echelle:4 une_note:4 uptime:8 uptime_qmark:4 vaut:3
    vers:-3 vite:-3 volume:4 vs:4 week:-3 what:-4 what_s:-3 when:-3 where_do:3 which:6 which_channel:3 who:4 who_s:3
    why:-4 with:-4 with_my:-3 worst:13 would_be:3 would_you:4 zero:-4
    """,
    "troubleshooting": """
    0_sats:-3 ^_a:4 ^_any:3 ^_aucun:3 ^_c:4 ^_ca:4 ^_channel:5 ^_combien:-4 ^_comment:-5 ^_compare:-3 ^_en:-3
    ^_everything:4 ^_give:-4 ^_help:5 ^_how:-6 ^_i:6 ^_il:4 ^_is:-7 ^_it:5 ^_j:5 ^_je:6 ^_la:8 ^_le:13 ^_les:4
    ^_lnd:8 ^_mes:9 ^_mon:7 ^_my:10 ^_node:7 ^_one:3 ^_ou:-3 ^_pourquoi:7 ^_que:-3 ^_quel:-5 ^_qui:-3 ^_the:11
    ^_tor:7 ^_un:6 ^_une:3 ^_which:-3 ^_who:-3 ^_why:5 a:3 a_disparu:4 a_ferme:4 a_peer:3 about:-3 acinq:-3
    affiche:6 after:7 after_the:3 all:8 all_my:4 alors:7 alors_que:6 an_hour:3 and:8 any:3 apres:7 arrive:4 aucun:4
    avec_mon:3 backup:6 been:4 best:-3 bitrefill:4 bitrefill_qmark:6 boltz_qmark:3 brief:-3 but:3 ca:4 can_i:-3
    can_t:3 canal:4 canal_est:3 canaux:-5 canaux_sont:4 cannot:6 capacite:-3 ce:4 ce_que:-4 ce_qui:4 cette:3
    cette_semaine:4 changed:3 changer:-3 channel:6 channel_to:4 client:4 cloche:3 cloche_avec:3 close:6 closed:5
    combien:-4 combien_de:-3 come:6 comment:-7 compare:-4 connect:4 connect_to:4 connecter:3 connection:6
    connection_to:3 connexion:10 customer:4 days:9 de_0:-3 de_forwards:6 de_ma:-3 de_mon:-3 depuis:12 des_sats:3
    dies:3 difference:-3 disparu:5 dit:3 do:-5 donne:-3 earned:-3 en:5 erreur:3 errorcode:9 est:3 est_il:-3 et:4
    every:5 everything:3 explain_the:3 expliquer:4 failed:6 fais:-4 fee:-3 fees:-3 ferme:3 find:3 fine:3 five:-3
    fois:3 for:-5 for_0:4 for_my:-3 forever:7 forward:3 forwards:13 forwards_qmark:9 found:3 frais:-4 from:4 get:4
    get_paid:4 get_rid:3 getting:5 give:-4 good:-3 got:8 half:4 has:7 has_been:4 help:6 heure:3 hier:3 hour:3 how:-9
    htlc:12 htlcs:6 hub:-4 i:5 impossible:8 in:4 inactif:3 inactive:8 insufficient:4 invoices:3 is:4 is_the:-3 isn:4
    isn_t:4 it_qmark:-3 j:3 jamais:4 je_veux:-3 jours:4 keep:5 keeps:5 keysend:3 l:4 la:3 la_connexion:3 le_noeud:5
    les_paiements:5 ligne_qmark:-3 like:-4 liquidite:-5 liquidity:-7 lncli:10 lnd:13 loop:9 lost:5 m_a:5 macaroon:6
    main:-3 many:-3 me:-3 me_connecter:3 mempool:5 mes:5 mes_paiements:3 met:3 minutes:3 moi:-5 mon:7 mon_canal:3
    mon_noeud:-3 my:6 my_node:-3 n:13 ne:9 never:6 night:5 no:11 no_route:3 node:3 node_in:-5 nodes:-4 noeud_en:-3
    noeud_n:3 noeuds:-3 normal:8 not:5 note:-3 nothing:3 now:3 nuit:3 of:3 of_a:4 off:5 on_my:-3 one:4 one_of:4
    opening:6 or:-3 ou:-6 our:4 out:8 ouverture:3 ouverture_de:3 over:6 paid:5 paiement:5 paiements:8 pair:5
    pairs:-3 par:-4 pas:8 passe:4 payer:4 payment:7 payments:10 peer:9 perdu:3 plante:6 please:-5 plus:5 points:-4
    pour:-7 pourquoi:9 pourquoi_mon:4 qmark:-12 qu_est:3 qu_il:4 quand:-3 que_le:4 quel:-5 quelle_est:-3 quoi:-8
    quoi_qmark:-3 rapide:-3 rebalance:11 rebalances:5 reboot:5 refuse:4 rejected:3 reste:4 resume:-3 rid:3 rid_of:3
    route:6 router:-3 routing:3 s:3 s_a:-3 s_est:4 s_my:-5 s_the:-6 sans:9 sats:5 sauvegarde:4 says:4 score:-3 se:11
    should:-6 should_i:-3 shows:6 since:10 since_i:5 since_the:3 stp:-3 stuck:5 stuck_in:4 sudden:9 sur_mon:-3
    svp:-5 swap:3 synchro:5 t:11 t_il:-4 that:6 their:3 there:-3 they:3 this:4 this_week:3 thunderhub:7 time:3 to:3
    today:3 tor:13 tous:9 tous_mes:4 tout:3 tu:-3 une_heure:3 up:4 uptime:-4 vanished:6 version:-3 veux:-3 vois:3
    waiting:8 wallet:7 watchtower:3 week:3 went:6 what_is:-3 where:-5 which:-5 who:-3 why:8 with:4 with_my:3
    without:3 won:4 won_t:4 would:-3 wrong:4 yesterday:3 zero:9
    """,
}
