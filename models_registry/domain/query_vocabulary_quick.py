"""How a short answer or the present state is asked for, French and English. Pure data."""

from models_registry.domain.query_types_phrases import family, words

LISTED = words(
    2,
    """
    resume{,s,r,z}
    summar{y,ies,ize,ise,izes,ised,ized,izing}
    rapide{,s,ment}
    quick|quickly
    overview{,s}
    apercu{,s}
    etat{,s}|etat_des_lieux
    status|statut{,s}
    en bref
    brief|briefly|brievement
    """,
)

ENGLISH = (
    family(  # how long the answer may be
        5,
        """
        ^ summarise|summarize|sum_up|recap|resume|resumez|recapitule ?moi <own>|mon|ma|mes|the|this|la|le|les|l
        nutshell|tldr|tl_dr|gist|rundown|run_down|recap{,s}|glance|highlight{,s}|headline{,s}|takeaway{,s}|digest|
            concise{,ly}
        brief|briefly|brievement|quick|quickly me|where|what|how|if|on|of|ou|le|la|$
        a_line_or_two|glimpse|peek|heartbeat|express|flash|daily_digest|a_few_words
        latest|dernieres|derniers numbers|figures|news|infos|chiffres|stats
        a|one|single|un|one_short|petit paragraph|paragraphe
        in short|brief|a_word|a_line|a_sentence|a_nutshell|bullet_points|bullets|a_flash|one_go
        a|in|one|two|three|couple_of|few|max|me ?a ?few|one|two|three|single|couple_of|1|2|3|5|five|four line{,r,s}|
            sentence{,s}|word{,s}|bullet{,s}|liner|tweet
        main|key|most_important|essential|important|big|top point{,s}|figure{,s}|number{,s}|fact{,s}|stat{,s}|
            takeaway{,s}|metric{,s}|things
        bottom_line|sum_up|sum_it_up|wrap_up|long_story_short|short_and_sweet|bird_s_eye|birds_eye|cheat_sheet|
            elevator_pitch|essentials
        short|shortest|shorter|tiny|small|mini|condensed answer|summary|version|report|update|overview|recap|look|
            check|description|form
        keep|make it|this short|brief|simple|quick
        no|without|skip|spare ?me ?the|too_many|much|any|long detail{,s}|explanation{,s}|essay|fluff|nonsense|blabla|
            lecture
        nothing|no more $
        just|only ?tell|give|show|want|need ?me|to_know|a|the ?if|a|the|my !<act> ... ok|well|fine|good|alright|
            number{,s}|figure{,s}|short|highlights|basics|facts|total|balance|yes
        just tell|give|show me
        figures|numbers|basics|facts|essentials|yes_or_no only|please|$
        10|20|30|60|one|two|five|ten|quick second{,s}|minute{,s} version|summary|overview|check|answer
        yes_or_no|thumbs_up|real_quick|30_seconds|one_minute|ten_seconds
        ^ update|report|snapshot|debrief|news|status|recap|summary ?please|me|on|of|from|about|for|today|$
        quick|daily|morning|weekly|short|status|evening|little|sanity|health update|report|check|word|look|check_in|
            summary|briefing|checkup
        catch|bring|fill|brief me ?up|in|on|quickly
        up_to_speed|lowdown|scoop|vitals|vital_signs|pulse|in_the_loop|temperature|how_goes_it|how_it_s_going|
            how_it_is_going|how_things_are|how_s_it_going
        in|en|max|at_most <several>|ten|dix|20|twenty|vingt words|lines|sentences|points|bullets|mots|lignes|phrases|
            points
        ^ one_line{,r}|one_sentence|one_word|two_line|three_line ?summary|status|version|update|answer
        snapshot|picture|update|news|word of|on|about|from <own>|the|this|it
        """,
    ),
    family(  # how things stand
        4,
        """
        how is|s|are|was|were|did|hows <own>|the|this|all|it|everything|things|we|i|life|business ?* ?* ?* doing|going|
            looking|holding|faring_today|feeling|today|now|lately|these_days|this_morning|this_week|at_the_moment|
            right_now|coming_along|running|hanging
        ^ how is|s|are|was|hows|how_s <own>|the ?* liquidity|routing|channels|fees|peers|balance|uptime|numbers|
            earnings|income|revenue|capacity $
        ^ how is|s|are|hows|how_s everything|things|business|life
        ^ number|total|count|sum|amount of
        ^ nombre|total|montant|somme|cumul de|des|d|du
        ^ <figure>|forwards|fees|routing|earnings|frais|gains|revenus|solde|forwards ?* ?* ?* today|yesterday|
            this_week|this_month|so_far|now|aujourd_hui|hier|du_mois|ce_mois|cette_semaine|ce_mois_ci $
        ^ <own>|current|mon|ma|mes ?* <figure>|<chiffre> ?now|today|right_now|maintenant|actuel $
        how is|s the_node $
        dernieres nouvelles|infos|news
        ^ juste|just|seulement|only ?les|le|la|the ?* totaux|totals|total|faits|facts|stats $
        ^ deux|trois|two|three|quelques|a_few phrases|lignes|mots|sentences|lines|words sur|on|about
        ^ combien|a_combien ?de * je_suis|suis_je|sont
        ^ <own>|mes|mon|les stats|numbers|figures|totals|chiffres|totaux ?please ?svp ?stp $
        ^ did|have i|we|my_node earn|make|route|lose|receive|gain|earned|made|routed
        ^ node|channels|channel|status|peer|liquidity|fee check|report|summary|status|overview|update $
        ^ check ?rapide|up|vite ?du|de|des|on ?my|noeud|mes|canaux $
        am_i|are_we online|up|synced|reachable|balanced|good|okay|ok|fine|profitable|connected|doing_ok|doing_well
        did|has|have anything|something|much ?* ?* change|changed|happen|happened|move|moved|break $|overnight|today|
            since
        suis_je|est_ce_que_je_suis en_ligne|equilibre|connecte|rentable|synchro|a_jour
        quelque_chose|qqch a change|bouge
        still alive|up|online|running $|qmark
        jette|jeter|regarde un|vite oeil|mon|mes
        ^ show|display|list|print ?me <own>|the|all|a !...by|order|best|worst|sorted|ranked *
        ^ montre{,z}|affiche{,r,z}|liste{,r,z} ?moi mon|ma|mes|l|les|la|le|toutes|tous
        what|how do|does|did <own>|things|everything|it ?* ?* look|looks like|now|today|$
        a_quoi ressemble{,nt} mon|ma|mes
        how busy|active|big|full|large|much_used|alive is|are|was|were|am <own>|i|the_node
        how did|have|has|are <own>|i|we|it|the ?node|channels do|done|been|perform|go $|today|this|last|so_far|
            yesterday|lately|since|doing
        where do|am|are|is|does i|we|my|things|it|our ?node|things ?at|stand|standing $|right_now|now|today|at|with|
            currently|on|this
        where_am_i|where_are_we|where_do_i_stand|where_do_we_stand|where_does_my_node_stand !rank|compared|among|against
        what_s|whats|what_is up|new|the_situation|the_state|the_status|the_latest|the_score|the_word|the_mood|
            cooking ?with|on|of|about|$
        is|are|was everything|all|my_node|it|things|the_node|we|my_channels|things|my_liquidity|all_my_channels ?still|
            all|running|doing|is ok|okay|fine|good|alright|well|up|healthy|running|online|in_order|under_control|
            in_good_shape|all_right|green|in_shape|smoothly|happy|normal
        everything|all|things|node ?still|all|is|running|going ok|okay|fine|good|alright|well|all_right|in_order|green|
            up_and_running|in_good_shape|under_control|smooth
        all|everything good|ok|okay|fine|well|green
        if|whether all|everything|it|my_node|things ?is|are|s ok|okay|well|fine|good|alright|healthy|up
        anything new|i_should|i_need|to_report|to_know|urgent|unusual|noteworthy|interesting|important|worth|to_worry|on
        any news|alerts|updates|highlights|changes|surprises
        what changed|is_new|s_new|has_changed|did_i_miss|have_i_missed|happened_overnight|happened_today|did_we_earn
        morning|health|sanity|daily|regular check{,_in,up,list}
        state of my|our|the|things|affairs|play
        situation|shape|condition ?of|is ?my|our|the ?node ?in|$
        what shape|condition|state is|are|s
        """,
    ),
    family(  # figures of one's own
        5,
        """
        how_many|how_much !...<needing> ?more ?* ?* ?* do|did|have|am|has|are|is|was|were i|we|my|our|there|it|
            the_node !need|require|want|charge|put|have_to|improve|get|pay_for|set
        how_many|how_much !...<needing> ?<count>|liquidity|capacity|active|open|inbound|outbound|money|revenue|routing|
            fees ?* ?* is|are|have|has|on|in|went|were|did|do|came|passed|got|was ... my|our|me|i|online|offline|
            active|today|this_week|this_month|yesterday|last|node|now !need|open
        what_is|what_s|whats|what_are|what_was|show_me|give_me|tell_me|what my|our|the|is_my|current|today_s ?current|
            total|own|latest|today_s|present|overall|monthly|weekly|daily ?channel|local|remote|routing|inbound|
            outbound|on_chain|fee|success <figure> !worth|made|split
        how_many|how_much !...should|need|charge|put|spend|to|can|could|would|more|does|cost|lose|worth|takes ... my|
            our|active|i_have|do_i_have|online|connected
        what_is|what_s|whats|what_are|what_was my|our !...best|worst|should|most|least|next|path|plan|weakest|
            strongest|options|biggest|top|rank|ranking|score|grade ... now|today|right_now|$
        <own> ... right_now|at_the_moment|as_of_now|so_far $
        what <figure> do|did|have i|we|my
        what_s_my|what_is_my|what_are_my <figure>|total
        ^ current|latest|today_s|total|my_total|my_current ?* ?* <figure>|status|channel_count|fees
        what did|have|do i|we|my_node earn{,ed}|make|made|route{,d}|do_today
        """,
    ),
)
HAVE = family(  # whether there are any at present
    4,
    """
    ^ do|have|did i|we have|got|any|lose any|some|offline|inactive|open|pending !idea|advice|tips|enough
    ^ any|des|un|une|quelque|quelques * ?* ?* to_report|to_know|today|overnight|lately|a_signaler|aujourd_hui|a_noter|
        cette_nuit $
    ^ what_about|how_about|quid_de|et|and my|mon|ma|mes|our ?* ?* $
    ^ are|is there any ... right_now|today|now|at_the_moment|currently|my|$
    ^ ai_je|j_ai|est_ce_que_j_ai|avons_nous|reste_t_il des|de|un|d|encore ... en_ce_moment|actuellement|maintenant|
        aujourd_hui|hors_ligne
    y_a_t_il|y_a_des|il_y_a des|du|de|quelque ... en_ce_moment|actuellement|maintenant|aujourd_hui|chose|nouveau
    """,
    troubleshooting=3,
)
WEAK = words(
    2,
    """
    short|court{,e}
    today|tonight|last_night|this_morning|right_now|currently|now|yesterday|this_week|overnight|at_the_moment|so_far|
        last_24h|last_24|last_week|past_week
    aujourd_hui|cette_nuit|ce_matin|en_ce_moment|actuellement|hier|cette_semaine|actuel{,le,s,les}|dernieres_24h|
        dernieres_24|semaine_derniere|pour_l_instant
    """,
)
KNOW = family(
    4,
    """
    what|anything|all|something ?that should|do|must|can i ?need_to|have_to know
    que|quoi dois|devrais je savoir
    """,
    detailed=9,
)
FRENCH = (
    family(  # how long the answer may be
        5,
        """
        vite_fait|en_vitesse|vitos|rapido|grosso_modo|brievement|en_clair|en_substance|globalement
        en gros|resume|somme|bref|synthese|un_mot|deux_mots|trois_mots|quelques_mots|un_clin|un_coup|une_phrase|
            deux_phrases|trois_phrases|une_ligne|deux_lignes|trois_lignes|3_lignes|2_lignes|quelques_lignes|
            trois_points|3_points|quelques_phrases|quelques_points|5_points|cinq_lignes|1_phrase|une_minute|
            10_secondes|dix_secondes|version
        ^ vite $
        vue|coup d_ensemble|generale|globale|d_oeil|rapide
        vue_d_ensemble|coup_d_oeil|tour_d_horizon|tour_rapide|etat_des_lieux|tableau_de_bord|temps_reel
        les|aux|mes|tes|des|aux_tres grandes|gros lignes|titres|traits
        essentiel|synthese|synthetique{,ment}|topo|bilan{,s}|survol|instantane|meteo|recap{,s}|recapitul{e,er,atif,ez}|
            debrief|condense|flash
        point{,s}|chiffre{,s}|donnee{,s}|info{,s}|element{,s} cle{,s}|essentiel{,s,le,les}|principa{l,ux,le,les}|
            important{,s,e,es}|du_jour|de_la_semaine|marquant{,s}|majeur{,s}
        fais|faire|faites|faisons ?moi|nous ?vite ?le|un|petit|un_petit|un_rapide|une ?petit|rapide point|topo|bilan|
            synthese|recap|court|bref|simple|tour
        un|petit|le point ?rapide|de situation|rapide|sur|du_jour|d_etape
        fais|sois|reponds|reste|fait court|bref|concis|brievement|en_une|en_deux|simple
        juste|seulement|simplement|uniquement ?dis|donne|savoir|me ?moi ?si|les|le|la|l|un|une ?* chiffre{,s}|total|
            resume|nombre|points|grandes|essentiel|solde|ok|bilan|titres|tout|ca
        dis|donne|montre|dites moi juste|seulement|simplement|vite|en_gros|rapidement
        seulement|uniquement|point_final $
        sans detail{,s}|blabla|entrer|rentrer|rentrer_dans|trop|fioritures|explication{,s}
        pas_de|epargne_moi_les|passe_les detail{,s}|blabla|roman
        rien_de_plus|oui_ou_non|court|courte|concis|concise
        trois|deux|quelques|3|2|5|cinq|une|1|10 ligne{,s}|phrase{,s}|mots max|maximum|pas_plus|suffi{t,sent}|au|$
        """,
    ),
    family(  # how things stand
        4,
        """
        ou en est|sont|suis|sommes|on
        ou j|on|ca|mon_noeud en est|suis|sommes
        ou_j_en_suis|ou_en_suis_je|j_en_suis_ou|on_en_est_ou|il_en_est_ou|en_est_ou|ou_on_en_est|en_sommes_nous|
            en_suis_je
        comment ?ca ?se|s va|vont|porte{,nt}|passe|presente{,nt}|tourne|allons|roule
        comment va|vont|se_porte|se_portent ?<mien>|ca|les_choses|tout
        comment ?que <mien> ?<chose> va|vont|se_porte{,nt}|tourne{,nt} $|aujourd_hui|en_ce_moment|ce_matin
        ca va|roule|baigne|gaze ?bien|toujours pour|du|cote|comment|mon|avec|mes|chez|$
        ca marche|se_passe|tourne bien|comment|cote|du_cote
        ca donne|dit|raconte quoi
        <mien> ?noeud|canaux ca_donne_quoi|donne_quoi|dit_quoi
        qu_est_ce_que_ca_donne|que_donne|que_donnent|quoi_de_neuf|du_nouveau|rien_a_signaler|quoi_de_beau|
            quelles_nouvelles|la_forme
        des|quelles|les|une nouvelle{,s}|news
        tout|ca tourne|roule|marche|va|fonctionne|se_passe rond|bien|comme_il_faut|correctement|nickel
        tout va|est|roule|baigne|ok|bon|tourne|fonctionne|se_passe|marche|nickel|en_ordre|est_ok !mal|pas|plus
        <mien> noeud|canaux|liquidite|routage ?est|sont|va|vont|se ?en ?bonne|pleine|toujours forme|sante|bien|ok|
            en_ligne|porte_bien $
        mets|mettez|tiens moi au_courant|au_parfum|a_jour|au_jus
        briefe{,z}|briefing|l_actu|temperature|pouls
        ce_que_je|que dois|devrais|je ?je|dois savoir
        ou_en est|sommes
        <a_moi> ... est_il|sont_ils|est|sont ?bien|toujours en_ligne|synchronise{,s}|ok|operationnel{,s}|en_bonne|a_jour
        quel est l etat
        quelle est la|ma situation
        en_bonne_sante|en_forme|en_pleine_forme
        rien_de special|grave|neuf|nouveau|particulier
        """,
    ),
    family(  # figures of one's own
        5,
        """
        combien !...<needing> ?de|d ?* ?* ?* j|ai|a|ont|avons|avez|me_reste|il_me_reste|il_reste|reste|est_ce_que_j|
            y_a_t_il|on_a|gagne_je|a_rapporte|m_a !faut|dois|mettre|coute|besoin|intere
        combien !...<needing> ?de|d <chose>|satoshis|btc|canaux|pairs|argent|capacite ... mon|ma|mes|actif{,s}|
            ouvert{,s}|en_ligne|passe{,s}|aujourd_hui|cote|ce_mois|cette_semaine|hier|route{,s} !faut|dois
        combien !...<needing>|faut|dois|devrais|mettre|coute|placer|investir|ouvrir|fixer|charger|besoin|prend|
            demander|facturer ... mes|mon|ma|nos|j_ai|actifs|ouverts|connectes|en_ligne
        ca a donne|rapporte|marche quoi|combien|comment
        mon|ma|mes ... la_maintenant|en_ce_moment|a_l_instant|actuellement|aujourd_hui|maintenant $
        combien je|gagne|routons|route|on_a|possede|rapporte{,nt} ?gagne|possede|route|ai|mon|mes|t_il !devrais
        quel{,le,s,les} est|sont|etait mon|ma|mes|le|la ?* <chiffre> !ideal{,e}|optimal{,e}|recommande
        c_est_quoi|c_est_combien|donne_moi|montre_moi|quid_de mon|ma|mes ?* <chiffre>
        <a_moi>|le|la ?* <chiffre> actuel{,le,s,les}|du_jour|a_cet_instant|maintenant
        """,
    ),
)
QUICK = (*LISTED, KNOW, HAVE, *WEAK, *ENGLISH, *FRENCH)
