"""How a mark, an order or a comparison is asked for, French and English. Pure data."""

from models_registry.domain.query_types_phrases import family, words

LISTED = words(
    3,
    """
    scor{e,es,ed,ing}
    evalu{er,e,es,ez}
    evaluat{e,es,ed,ing,ion}|evaluation{,s}
    not{er,ez}
    note <a_moi>|ce|cette|ces
    class{er,e,es,ez}
    classement{,s}
    rank{,s,ed,ing,ings}
    priorite{,s}
    prioriti{se,ze,ses,zes,sed,zed,sing,zing}|priorise{,r,z}
    compar{er,ez,e,es,ed,ing,aison,aisons,atif}
    comparison{,s}
    rate my|this|these
    """,
)

WISH = family(  # told to judge or to order
    4,
    """
    ^ score|rate|rank|grade|evaluate|assess|judge|appraise|benchmark|prioritize|prioritise|compare !rate
    ^ sort|order <mine>|every|each|all|channels|peers|them|by
    ^ list ... by|from|in_order
    grad{e,es,ed,ing}
    mark|marks|rating{,s}|stars|points out_of|for|to|would|do|does|of_my|on|should
    rating{,s}
    rate each|every|how|all|them|both|it|the
    benchmark{,s,ed,ing}|leaderboard|podium|percentile|ranking{,s}|league_table|tier_list|scorecard|report_card
    out_of|over 5|10|20|100|five|ten|twenty|hundred|a_hundred !<count>|my|the
    scale of|from|1|one|0
    from 0|1|one|zero to 5|10|20|100|five|ten|twenty|a_hundred !btc|sats|channels|million|peers|m
    sort|sorted|order|ordered|list|listed|arrange|classify|rated by|from|best|most|in|them|my|according
    in|by order of|by
    in|by descending|ascending|decreasing|increasing
    best|worst|highest|lowest|most|top|strongest first|to_worst|to_best|to_lowest|to_highest|to_least|to_bottom|on_top|
        downwards
    best|worst|good|bad|strong|strongest|winners and ?the worst|best|bad|good|weak|weakest|losers
    top|bottom 3|5|10|20|three|five|ten !percent|of_the_network
    """,
)
COMPARED = family(  # one measured against others
    5,
    """
    stack|stacks|measure|measures|size|sizes|line|match|shape|compare up|against|with|to
    how ... fare{,s}|faring|stack|compare{,s}|rate|rank|hold_up|measure_up|do_against|do_compared|score
    <compared> ?the|my|other|all|average average|mean|median|others|other|neighbo{r,rs,ur,urs}|peers|network|rest|
        competition|competitors|similar|nodes|node|market|benchmark|field|top|typical|comparable|big|bigger|them|
        everyone|one|rivals
    above|below|over|under|near|at|beat|beats ?the|or_below_the|or_under_the average|median|par|or_below|or_under
    better|worse|faster|stronger|cheaper|more_profitable|more_reliable|more_active|less_profitable|healthier|bigger|
        weaker than
    more|less <adjective> than
    or ... better|best|stronger|more_reliable|more_profitable $
    who|which is|s better|best|stronger|ahead
    better|best ... or
    <better> channel|node|partner|peer|router|one than
    outperform{s,ing,ed}|outrank{s}|outearn{s}
    who|which|what beats|wins|outperforms|underperforms|dominates|comes_out
    or * which_one|which|who_is|whos|who|what_s|who_s ?one|of_them|of_the_two|of_these ?is|s|performs|does|has|earns|
        routes|brings|deserves|works|would_be|the ?the|my|more <most>|more|better|best|less
    how much|far ?better|worse|below|above|off|behind|ahead|from am_i|is_my|are_my|is_it|are_we
    versus|vs ?the|my|other average|others|nodes|median|peers|neighbors|competition
    where do|does|would|am|is|are i|my|we|it|this|our ?node|channels rank{,s,ed,ing}|sit|stand_among|stand_compared|
        stand_against|place|placed|stand_in|stand_relative|land
    among ?the|all|my peers|others|neighbors|top|best|routing_nodes
    my|our|s ?network rank|ranking|percentile|place|placing
    which|who|what|is ?of ?these|the|my|them two|both|pair ?is|does|performs|channels|peers <most>
    between ... and ... which|who
    """,
)
AVERAGE = family(3, "average|median|moyenne|mediane|rang")
HOW_GOOD = family(
    4,
    """
    how <good> is|are|do|does|did|am|were|was <own>|this|these|i|it|each|the|<thing>
    how <good>|connected|well_connected|balanced|efficiently|well ?is|are|am|do|does <own>|this|these|i
    <own> * is|are ?really|quite|still competitive|good_enough|above|below|mediocre|decent|attractive
    is|are <own>|this|these ... any_good|good|competitive|decent|above|below|up_to_par|better|worse|well_rated|
        attractive|strong|weak|reliable|mediocre|normal_compared
    am_i|is_my|are_my|are_we|is_our ... good|competitive|decent|strong|reliable|above|below|better|worse|ahead|behind $
    what|which score|grade|mark|rating|percentile|rank|place|note ?would|do|does|did|have|has|is|am|are|can|should
    how_many points|stars
    """,
)
SUPERLATIVE = family(  # which one is the most or the least
    5,
    """
    which|what|who|whose|s|whos|which_one ?of ?<own>|the|these|those ?* ?* ?is|s|are|has|have|had|was|were|do|
        does ?the|<own> <most> !way|fee|fees|to|<act>|strategy|size|setting|thing|time|practice|approach|fee_rate
    which|who ?one ?of ?<own>|the|these|those ?* ... <doing> ... most|least|best|worst|better|more|less|fastest|
        highest|lowest|top
    who|which|what is|are|s <own> <most> !way|fee|strategy|option|fee_rate|size|move|fees
    <own>|the most|least <adjective> channel|channels|peer|peers|node|nodes|one|ones
    ^ <own>|the ?<several> best|worst|top|weakest|strongest|most|least|highest|lowest|poorest ?<adjective> <thing>|
        performers|ones|partners|connections
    ^ is|are ... <own>|the <most>
    first|last|top|bottom|second place|spot|quartile|decile|percent|half
    superior|inferior to
    on par with
    quartile|decile|laggard{,s}|dud{,s}|star_performers|mvp|frontrunner{,s}
    weigh ... against|up
    which|who ... !interest|request|test|latest|invest|rest|honest|largest_number ~est
    <own> !interest|request|test|latest|rest|biggest|largest ~est channel{,s}|peer{,s}|node{,s} $
    at the bottom|top|end of
    in terms of quality|performance|reliability|profitability|revenue|uptime
    which|who|what ... the most|least|best|worst $
    which|who|what ... more|better|less|most|least|best|worst $
    out_of|among|of all my|these|the|my|our ... who|which|what
    pulling|carrying|pull|pulls their|its|his weight
    how far|close|near ?* from|behind|ahead|to|off|am|is|are ?the ?top|best|i|my|average
    best|worst|top|weakest|strongest ?<several> ?<adjective> channels|peers|nodes|performers by|in|on|this|of|$
    is|are|am ... good|bad|decent|reliable|great peer|partner|node|router|channel|one $
    strengths and weaknesses
    letter grade
    verdict|assessment|appraisal
    ^ best|worst|top|weakest|strongest|most|least|highest|lowest ?<adjective> ?and ?worst|best ?performing|earning|
        routing|paying channel{,s}|peer{,s}|node{,s}|performer{,s}|partner{,s}
    top|best|worst|poor|poorest|low|under performing|performer{,s}|earning|earner{,s} ?channels|peers ?of|this|last|in|
        on|$
    performers|underperformers|weakest_link|weak_link|winners_and_losers|outliers
    which|who ?* ?* deserves|ranks|comes_first|comes_last|is_ahead|is_first|is_last|leads|tops|stands_out|pulls_its|
        pull_their|carries|carry
    """,
)

FRENCH = (
    family(
        4,
        """
        ^ note|notez|noter|classe|classez|classer|evalue|evaluez|evaluer|compare|comparez|comparer|juge|jugez|
            priorise ?moi <mien>|chaque|tous|toutes|deux|lnbig
        trie{,r,z}|trier|ordonne{,r,z}|hierarchise{,r,z}|departage{,r,z}|palmares|podium|notation|bareme|jauge{,r,z}|
            benchmark{er,e}
        range{,r,z} <mien> ... par|du|de|en|dans
        liste{,r,z} ... par|du_plus|du_meilleur|du_moins
        par ordre
        quelle|une|ma|sa|la|leur|ta|de note|notes !de_synthese|d_information
        note de|sur cent|dix|vingt|10|20|100|5
        donne{,r,z,rais}|met{s,tre,tez,trais}|attribue{,r,z,rais}|mettrais|colle ?moi|lui|leur ?tu ?a ?chaque|mon|mes|
            chacun ?* ?une|un|des note{,s}|score{,s}|etoile{,s}|point{,s}
        sur 10|20|100|5|dix|vingt|cent !mois|ans|annees|jours|semaines|canaux|sats|millions|ans|pairs|mes|000
        echelle de
        quel score|rang|classement|rating
        combien ?de points|etoiles|sur
        du|de|des|les|le|la|par plus|moins|meilleur{,s}|pire{,s}|mieux|mauvais ?<adjectif> ?* au|aux|a plus|moins|
            pire{,s}|meilleur{,s}|mauvais
        meilleur{,s,e,es} ?* et ?la|le|les|mes|des moins|pire{,s}|mauvais|moins_bons
        gagnants|forces et perdants|faiblesses
        maillon{,s} faible{,s}
        good|bad|strong|weak|high|bon|bonne|bons|forte or|ou bad|good|weak|low|not|mauvais|mauvaise|faible $
        <a_moi> * est|sont ?* competiti{f,fs,ve,ves}|attractif{,s}|bon{,s}|a_la_hauteur $
        meilleur{,e,s,es}|pire{,s}|moins_bon ?* que|qu
        vainqueur|champion{,s}|medaille{,s}|quartile|decile|centile|a_egalite|merite{,nt}
        dans|parmi le|les top|premiers|meilleurs|derniers
        le|la|les plus|moins <adjectif> de|parmi mes|tous|ces|nos|mon
        c_est lequel|laquelle|lesquels
        en termes|matiere de qualite|performance{,s}|fiabilite|rentabilite|revenu{,s}
        quelle|a_quelle place|position ?est|se_trouve|arrive|mon|suis
        suis_je|est_il|est_elle|est_ce|est ?vraiment un|une bon|bonne|mauvais ?* $
        est ?il ?vraiment un|une bon|bonne|mauvais <chose>|routeur|partenaire $
        points_forts et|faibles
        top 3|5|10|20|trois|cinq|dix
        bon|bons|mauvais|cancre{,s}|premier|dernier eleve{,s}|de_la_classe
        cancre{,s}
        """,
    ),
    family(  # one measured against others
        5,
        """
        par_rapport a|au|aux
        compare{,e,s,es}|comparativement|en_comparaison a|aux|au|avec|de|des
        face|vis_a_vis a|aux|au|des|de autres|concurrents|concurrence|voisins|gros|marche
        mieux|meilleur{,e,s,es}|pire{,s}|moins_bien|moins_bon{,s}|moins_bonne{,s}|superieur{,e,s,es}|
            inferieur{,e,s,es} que|qu|a_la|aux|a_celui|a_celle|a_ceux
        plus|moins|aussi|autant <adjectif> que|qu
        au_dessus|en_dessous|au_dessous|dessous|dessus|dans|sous|pres de|la ?la ?ou_en_dessous|
            ou_au_dessus ?de ?la moyenne|mediane|norme
        dans la moyenne|norme
        lequel|laquelle|lesquels|lesquelles|qui|le_quel ?des|de|d|entre ?mes|ces|les|eux|deux ?* <valoir> !il
        <autres> lequel|laquelle|qui|lesquels
        me|se|te|nous|est_ce_que_je_me situe{,r,nt}|place{,nt}|classe{,nt}|positionne{,nt} ?mon|par|dans|parmi|au|face|$
        ou se|me situe{,nt}|place{,nt}|classe{,nt}|positionne{,nt}
        mon|ma|quel|quelle|sa rang|place|position|rangs dans|parmi|au|sur|occupe|$
        rivalise{,r,nt}|surpasse{,nt}|surclasse{,nt}|l_emporte|tient_la_comparaison|arrive_en_tete|est_devant|
            sort_du_lot|tire_son_epingle
        que|combien|quoi valent|vaut|vaudrait ?vraiment|reellement|encore !mieux|le_coup|la_peine|il
        tient tete|la_route face|$
        """,
    ),
    family(
        4,
        """
        <quel> ?* ?* ?* ?* est|sont|a|ont|etait|etaient|de|d|me|rapporte{,nt}|route{,nt}|gagne{,nt}|marche{,nt}|
            performe{,nt}|fonctionne{,nt}|genere{,nt}|tourne{,nt}|coute{,nt}|gere{,nt} ?* ?* le|la|les|mon|ma|mes plus|
            moins|mieux|meilleur{,e,s,es}|pire{,s}|mauvais
        <quel> ?* ?* rapporte{,nt}|route{,nt}|gagne{,nt}|genere{,nt}|performe{,nt}|marche{,nt}|forwarde{,nt}|
            coute{,nt}|sert|servent ?* ?le|la plus|moins|mieux
        <quel> !...<agir>|ouvrir|pour|facon * * ?* le|la|les|de meilleur{,e,s,es}|pire{,s}|plus|moins
        face|contre ?a|aux|la|les moyenne|mediane|autres|concurrence|voisins|la_moyenne|la_mediane
        <quel> ?* ?* * le|la plus|moins|mieux $
        mon|ma|mes|nos|les|le ?<plusieurs> ?plus meilleur{,e,s,es}|pire{,s}|mauvais|rentables|fiables|actifs <chose>|
            partenaire{,s}|$
        loin|pres|proche des|du|de|derriere ?la ?les meilleurs|top|gros|autres|moyenne|premiers
        parmi mes|tous|ces|les|nos ... qui|quel|quels|lequel|lesquels
        merite{,nt} combien|quelle|une
        plus|moins|aussi interessant{,e,s}|<adjectif> que
        quelle|ma|mon place|position|rang ?j|occupe{,nt,e_je}|j_occupe|je_tiens|parmi
        bulletin|tableau_d_honneur
        <quel> ?est|sont mon|ma|mes|le|la|les|nos ?* meilleur{,e,s,es}|pire{,s}|plus_mauvais|plus|moins|top
        ^ le|la|les|mon|ma|mes|nos pire{,s}|meilleur{,e,s,es}|plus_mauvais|moins_bon{,s} canal|canaux|pair{,s}|
            peer{,s}|noeud{,s}|element{,s}|partenaire{,s}|channel{,s}
        est|sont il|elle|ils|elles !utile_de|interessant_de|rentable_de ?vraiment|plutot|assez|si|suffisamment|aussi|
            bien|plus|moins bon{,s,ne,nes}|competiti{f,fs,ve,ves}|performant{,s,e,es}|rentable{,s}|fiable{,s}|
            fort{,e,s}|faible{,s}|utile{,s}|meilleur{,e,s,es}|mauvais{,e,es}|solide{,s}|efficace{,s}|attractif{,s}
        a_quel_point|dans_quelle_mesure|a_quel_niveau mon|ma|mes|ce|est|suis|sont
        est_ce_que|est_ce_qu <a_moi>|je|on * ?sont|est ?bien|assez|plutot|vraiment bon{,s,ne,nes}|
            competiti{f,fs,ve,ves}|performant{,s,e,es}|fiable{,s}|rentable{,s}|a_la_hauteur|mieux|meilleur{,e}
        a_la_hauteur|au_niveau ?de ?des $|autres|gros
        qui|lequel|lesquels performe{,nt}|gagne{,nt}|domine{,nt}|surperforme{,nt}|est_devant|est_le_meilleur|
            s_en_sort{,ent}
        """,
    ),
)
SCORING = (*LISTED, AVERAGE, WISH, COMPARED, HOW_GOOD, SUPERLATIVE, *FRENCH)
