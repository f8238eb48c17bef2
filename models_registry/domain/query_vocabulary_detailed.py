"""How a piece of advice on what to do is asked for, French and English. Pure data."""

from models_registry.domain.query_types_phrases import family, words

LISTED = words(
    3,
    """
    optimis{er,e,es,ez,ons,ent}|optimi{ze,zes,zed,zing,sing,sed}
    amelior{er,e,es,ez,ons,ent}|improv{e,es,ed,ing}
    augment{er,e,es,ez,ons,ent}|increas{e,es,ed,ing}
    redui{re,s,t,sez,sons,sent}|reduc{e,es,ed,ing}
    rais{e,es,ed,ing}
    baiss{er,e,es,ez,ons,ent}|lower{,s,ed,ing}
    recommand{er,e,es,ez,ation,ations}|recommend{,s,ed,ing,ation,ations}
    conseil{,s,ler,le,lez,les}|advice|advise
    suggest{,s,ed,ing,ion,ions}|sugger{er,e,es,ez}
    que faire
    what should
    should i
    dois je
    trop cher{,s,e,es}
    too high|low
    """,
)

DECISION = family(  # opens with the decision: what it then tells of faults is its reason
    1,
    """
    ^^ should|shall i|we
    ^^ is|would|are it|there ?be worth|a_good_idea|wise|smart|sensible|better|make_sense|any_point|a_way|help
    ^^ do|does i|it|we ?really need|have_to|make_sense|pay
    ^^ which|what|who|where|when|how_much|how_many|with_whom ... should|shall i|we|it|be !about|when
    ^^ which|what|who|where|when|how_much|how_many|with_whom ... would|could|do i|we|you <act>|set|do|suggest|recommend
    ^^ dois|devrais|faut|vaut|peut|puis je|il|on
    ^^ je devrais|dois
    ^^ est_ce_que|est_ce_qu je|il|on|ca devrais|dois|faut|vaut|dois_je|faudrait
    ^^ est_ce_que|est_ce_qu je|on|il ?le|la|les|l|en ferme|garde|augmente|baisse|ouvre|mets|change|remplace|monte|laisse
    ^^ quel|quelle|quels|quelles|qui|ou|combien|avec_qui|vers_qui|que|a_qui|quand ?* ?* <agir>|dois|devrais|faut|
        me_conseilles|me_recommandes|ferais|conseilles
    ^^ comment ?faire|mieux|puis|je|peut ?* ?pour <agir>|gagner|attirer|obtenir|eviter|rendre|avoir
    """,
    troubleshooting=5,
    scoring=3,
)
CHANGE = family(  # whether or how to change a channel or a fee, though it is told with its faults
    3,
    """
    ^ should|shall|must|can|could|would i|we|you ?really|just|rather|also|still|maybe ?now <act>|replace|rebalance|
        swap|get|stay|have
    ^ is|would it|this|that ?be worth|better|time|wise|smart|a_good_idea
    ^ how do|can|should|could|would|might i|we|you !<procedure> *
    ^ how to !<procedure> *
    ^ dois|devrais|faut|est_ce_que|peux|puis|pourrais|je|vaut|on|il je|il|on|dois|devrais|devrait|peut|mieux ?le|la|
        les|l|plutot|vraiment|en|lui <agir>|remplacer|recharger|retirer|virer|couper|attendre
    ^ tu|vous|on|tu_le|tu_la|tu_les ?le|la|les|l|y|en fermerais|garderais|mettrais|changerais|ferais|ouvrirais|
        augmenterais|baisserais|vires|fermeriez|garderiez|mettriez|changeriez|feriez|ferme|garde
    ^ comment !le_pair|reparer|depanner|resoudre|corriger|debloquer ?le|la|les|l|en|y|s_y|se|me|mieux|bien|faire|
        pour ~er|~ir|~re
    """,
    troubleshooting=3,
)
WAY = family(  # the best way is asked for in order to go it
    5,
    """
    way{,s}|approach|method to|of|for
    ideal|right|good|best|optimal|sensible|bon|bonne|ideal{,e} ?* ?* size|fee|fees|rate|amount|policy|ppm|taille|tarif|
        taux|htlc|frais|max_htlc|montant
    candidate{,s}|candidats for|to|a|pour
    facon|maniere|moyen ?la|le ?plus|moins|meilleure ?* de|d|pour
    """,
    scoring=4,
    technical=4,
)
YIELD = family(
    5,
    """
    earn|make anything|something|more|enough|money
    good|bad|smart|bonne|mauvaise|wise idea|idee|move|choice
    make{,s} ?any|more|economic sense
    """,
    technical=4,
)
REMEDY = family(  # asks only for help, after something else was told
    -9,
    """
    ^ what should|can|could|do|shall|must|would i|we|you ?do ?now|next|here|about_it|about_this|about_that|then $
    what_to_do ?now|about_it $
    que_faire|quoi_faire|que_dois_je_faire|je_fais_quoi|comment_faire|que_puis_je_faire|on_fait_quoi|
        qu_est_ce_que_je_fais ?alors|maintenant|dans_ce_cas $
    que_faire|quoi_faire avant|sans_attendre|en_urgence|tout_de_suite
    """,
)
DO = family(
    4,
    """
    how can|could|should|would|might|may|shall|to|best|do|d ?i|we|you|one ?best|better|quickly|i <goal>
    what|anything can|could|would|should|else|must|do|might|to ?i|you|we|else|have_to do|change|try|tweak|adjust|
        suggest|advise|recommend|propose|improve|tackle|work_on|focus_on !mean
    what_to do|change|try|improve|charge|with
    what would|do|should you|i|we do|change|recommend|suggest|advise|tweak|pick|choose|charge|set
    which|what|who|whom|where|when|how|how_much|how_many|how_often|how_big|how_high|with ?* ?* ?* ?* should|shall|
        would|could|must i|we|you|it|my|be|a|the|this|make !mean
    which|what|who|where|how_much|how_many|whom ?* ?* ?* to|do_i|can_i|do_you|are_worth|is_worth|needs|need|
        deserve ?best <act>|closing|opening|more|attention|rebalancing
    i|we should|could|might ?really ?do|<act>|get_rid|use|be|know_before
    worth it|<acting>|the|a|my|to|doing|having|increasing|more|while|paying
    make{,s} ?more|any|it|economic|no sense
    good idea|move|time to|if|for|$
    do|am|will i ?really need|have_to|better_off|charging|paying|losing|overpaying|missing|doing
    is|are|would|s * ?ppm|sats|percent ok|okay|enough|fine|reasonable|too|right|good|sensible|a_lot ?much|many|for|or|to
    too much|many|little|few|expensive|cheap|small|big
    or should|would|do|more|less|is_it ?i|it|we
    better|best|wiser|smarter|right|ideal|optimal|sensible|correct|good|cheapest|easiest|appropriate|decent|sane|
        proper|safest|smartest to|way{,s}|fee{,s}|fee_rate|size|setting{,s}|rate|time|place|value|policy|candidate{,s}|
        amount|ppm|option|price|number|mix|moment|thing|method|strategy_for|base_fee|partner{,s} ?to|for|of|on|$
    <goal> more|less|better
    tip{,s}|idea{,s}|action{,s}|advise|next_move|quick_win{,s}|to_do|todo|checklist|hint{,s}|pointers|guidance|
        tweak{,s}|adjustment{,s}|fine_tun{e,ing}|tune|tuning
    propose|proposal{,s}|please_advise|what_d_you_do|in_my_place|if_you_were_me
    boost|maximi{ze,se}|minimi{ze,se}|cut|attract|earn_more|save ?my|more|on|the ?fees|costs|income|revenue|traffic|
        money|forwards
    <act> ?first|next|it|this|them ?or <act>
    help_me <act>|<goal>|decide
    options $
    ^ what|which <fee_or_size>|base_fee|fee_rate|max_htlc ?* for|to|on|with|towards|toward|is_right
    ^ quel|quelle|combien_de|quels|quelles ?niveau|montant|type ?de <fee_or_fr>|base_fee|ppm|fee_rate|htlc_max|
        max_htlc ?* pour|vers|avec|sur|chez|a
    would help|make|bring
    what_s_left|what_else|what_if_i
    how how_to|howto <goal>
    <act> ... or ?<act>|should $
    need|want|would_like|looking_for|looking|like ?to|for <goal>|more ?more inbound|outbound|liquidity|traffic|
        forwards|income|revenue|volume
    """,
)
PICK = family(  # the best one in order to do something with it
    5,
    """
    best|better|good|ideal|right|worst|first|safest|cheapest|smartest|wisest|most_sensible ?channel{,s}|peer{,s}|
        node{,s}|candidate{,s}|one{,s}|place|way|time|fee|partner{,s}|moment|size|size_for|approach|option|choice ?fee|
        rate to|for_me_to|for <act>|grow|get|earn|attract|have|deal|<acting>|new_channels|rebalancing|inbound|handle|
        save
    best way|fee|fees|practice{,s}|setting{,s}|setup|time|size|base_fee|fee_rate|price
    what|which to|should ?* ?* ... <own>|the best|worst|weakest|least|most
    what_to_do|what_should_i_do|what_can_i_do|what_do_i_do|what_would_you_do|que_faire|quoi_faire ?about|with|de|avec|
        pour <mien>|them|it|deux
    meilleur{,e,s,es}|bon|bonne|ideal{,e}|mieux|optimal{,e} ?<fee_or_fr> pour|de|facon|maniere|moyen|endroit|moment|
        choix|d|a ?<agir>|me|mes|ce|cette|gagner|attirer|obtenir|router|un|une|que
    meilleur{,e,s,es} facon|maniere|moyen|endroit|moment|choix|candidat{,s}|pratique{,s}|reglage{,s}|taux|tarif|frais
    quel{,s,le,les} canal|canaux|pair{,s}|frais|tarif|taux|montant|taille|noeud{,s} ?me|dois|faut|devrais ?je|
        il <agir>|mettre|ferme{,r}
    """,
)

FRENCH = (
    family(
        4,
        """
        faut|faudrait|devrait|vaut|vaudrait il|on|mieux !* ?* quand
        devrais|puis je
        je|on|j devrais|dois|devrait|ferais|aurais ?faire|ouvrir|fermer|changer|mettre|mieux|accepter|<agir>|quoi|
            interet !<pouvoir>
        est_ce_que|est_ce_qu je|il|on|ca dois|devrais|faut|vaut|faudrait|peux_gagner|vaudrait
        que|qu|quoi ?est_ce_que|me|dois|puis|peux|pourrais|je|tu|ferais|peut ?je|tu|on changer|modifier|faire|ferais|
            conseill{es,er}|changerais|propose{s,r}|suggere{s}|recommande{s}|preconise{s}|corriger|tu_ferais|proposes
        qu_est_ce_que je|tu|vous|j|on ?devrais|dois|peux|pourrais|peut|me fais|ferais|changerais|conseilles|proposes|
            changer|faire|mettre|modifier|recommandez|conseillez|faites
        comment ?faire|puis|je|peut|peux|pourrais|mieux|bien|est_ce_que|on|m_y|s_y ?je|on|pour ?peux|pourrais|mieux|je|
            prendre ?pour <agir>|gagner|attirer|avoir|obtenir|rendre|equilibrer|rentabiliser|maximiser|mieux|booster|
            faire_pour|trouver|recevoir|economiser|prendre|limiter|y_prendre|router
        comment_faire|comment_m_y_prendre
        combien|ou|vers_qui|avec_qui|chez_qui|a_qui|quand|quoi|vers_quel|lesquels|lequel|lesquelles ?est_ce_que|
            de ?* ?dois|devrais|faut|je|vaut ?je|il|dois|mieux <agir>
        avec|vers|chez|a qui|quel|quels ?noeud{,s}|pair{,s} ?dois|devrais|je ?je <agir>
        <quel> ?* ?* ?* ?dois|faut|devrais|je|me|faudrait|tu ?je|il|dois|conseilles|conseillerais <agir>
        ca|cela|il|en ?en|me vaut|vaudrait ?il ?vraiment|encore le|la coup|peine
        vaut|vaudrait le|la coup|peine
        utile|interessant|pertinent|judicieux|rentable|raisonnable|sage|opportun|malin de|d
        un|de|l interet a|de <agir>
        j_en|on_en|j_y fais|fait|mets quoi|combien
        tu|vous me|nous propose{s,z}|conseille{s,z}|suggere{s,z}|recommande{s,z}
        idee{,s} pour|de|d
        idee{,s}|astuce{,s}|piste{,s}|action{,s}|levier{,s}|propose{,s,z,r}|ajustement{,s}|reglage{,s}|bonne_idee|
            a_ma_place|gagner_plus|booster|rentabiliser|maximiser|minimiser|attirer|economiser
        <agir> ou <agir>
        c_est|est_ce ?trop|assez|un_peu|bien|que_c_est trop|assez|peu|suffisant|raisonnable|correct|bien_pour
        trop elev{e,es,ee,ees}|bas|basse{,s}|peu|de|haut{,s}
        tu_garderais|tu_fermerais|tu_mettrais|vous_garderiez|tu_ferais|tuyau{,x}|quelles_options|quelle_option|choisis|
            trouve_moi
        je|on <agir_je> ... ou pas|non|je|je_laisse|plutot
        m_aiderait|aiderait|m_aiderai|m_apporterait
        ai_je|as_tu|a_t_on besoin|interet
        ou je mets|monte|baisse|descends|ferme
        besoin|envie d|de plus|davantage|liquidite|gagner|inbound
        """,
    ),
)
DETAILED = (*LISTED, DECISION, WAY, YIELD, CHANGE, REMEDY, DO, PICK, *FRENCH)
