"""How the long run is asked about, French and English: horizons, growth, aims, capital. Pure data."""

from models_registry.domain.query_types_phrases import family, words

LISTED = words(
    3,
    """
    strateg{ie,ies,y,ic,ically,ique,iques}
    plan{,s}
    planning|planifi{er,e,es,ez,cation}
    roadmap{,s}
    croissance{,s}|growth|grow
    long terme|term
    feuille{,s} de route
    """,
)

HORIZON = family(
    5,
    """
    coming|next|following ?<several> months|quarter{,s}|year{,s}|decade|semester
    months|year{,s}|quarter{,s} ahead|to_come|out|from_now|down_the_road|and_beyond
    in|within|over|for_the_next <several> ?more|or_three|or_two|to_five years|year
    in|within|over <several> ?more months|quarters $
    over|within <several> months !ago
    by|until|till|before ?the end_of_the_year|end_of_this_year|end_of_next_year|year_end|end_of|next_year|next_summer|
        next_winter|christmas|summer|winter|spring|autumn|december|june|<year>
    <year>
    by|for|in|until|over q1|q2|q3|q4|h1|h2
    second|first|next half of
    <several>|couple years|months|year ?time from_now|down_the_line|hence
    q1|q2|q3|q4|h1|h2 and|goal{,s}|target{,s}|objective{,s}
    <several> year|month|quarter plan|horizon|outlook|view|goal|target|strategy|roadmap|vision|forecast
    long|longer|medium|mid|middle|near run|term|haul|range|longterm !average
    longterm|midterm|multi_year|quarterly|yearly_goal{,s}
    over|for|across|throughout|during the|this|next year|quarter|decade|years
    over time|the_long|the_years|the_coming
    down the road|line
    in_the_future|for_the_future|going_forward|years_from_now|from_here|future_proof|in_the_years|future_of_my
    as the|my|our network grows|expands|matures|changes|evolves
    """,
    detailed=6,
    technical=4,
)
GROWTH = family(
    3,
    """
    growth|croissance
    expan{d,ds,ding,sion,sions}
    growing my|our|the
    scaling|upscale|outgrow
    scale up|out|down|from|to|my|our|it|this|a|the|beyond|in
    at|to scale
    heading|headed|prepare|anticipate|transition|sustain|pivot|mature
    into|as|like|a|serious|real|this business
    make|earn|making a living
    aim{,ing} for|at|to
    each|every|a|per year !ago
    ramp_up|gradually|progressively|eventually|someday|one_day|evolve|evolving|transform|snowball|specialize|
        specialise|niche|market_share|edge_over|competitive_advantage|end_goal|end_state|passive_income|
        opportunit{y,ies}
    business|company|enterprise|commercial|venture
    focus|concentrate|bet on|this_year|my_efforts|for
    this_year $
    should|would|want|could|will|to ... this_year
    this|next cycle|bull|halving|bull_run
    professional|pro|full_time router|operator|node|level
    double|triple|quadruple|10x my|our|the|this|in|it
    i|we|node|it|to|router become
    become|becoming|turn_into|evolve_into|turn_it_into a|an|the|one|my|more
    from * ?sats|btc|million|channels|peers|m to * ?sats|btc|channels|peers|of|million|m
    get|getting|grow bigger|larger|serious|big
    reach|hit|arrive_at * ?million|btc|sats|channels|a_day|per
    build up|out|a_bigger|a_larger|towards|into
    where|how ... to take|steer|bring|lead|develop|push ?<mine> node|it|this
    what should|are my priorities|focus|next_move be|for|as|in|over
    next level|big_step|phase|step_up|chapter
    next_level|business_plan|business_model|professionali{se,ze}|go_pro|diversif~|consolidat{e,ion}
    keep|stay|remain small|tiny|competitive|relevant
    where|how ?do|should|will|would|can|could my|our|this|the|i|we node|i|we ?be|go|head|end_up|evolve|aim in|next|by|
        over|evolve|towards
    position|positioning my|our|myself|the|this
    """,
    detailed=6,
    technical=4,
)
AIM = family(
    3,
    """
    vision|ambition{,s}|goal{,s}|objective{,s}|milestone{,s}|trajectory|endgame|end_game|outlook|scenario{,s}|mission|
        northstar|positioning
    target{,s} for|in|of|to|should
    set quarterly|yearly|long|ambitious target{,s}
    direction ?should|for|my|is|to|of|could|would
    phases|phased|three_phase|stages|staged|step_by_step_plan|forecast{,s}|projection{,s}|project_my|predict_my
    sustainable|sustainably|viable|future
    what_path|the_path|path_to|way_forward|big_picture|where_to_head|where_am_i_heading|where_should_i_be
    """,
    detailed=6,
    technical=4,
)
THIS_YEAR = family(2, "this_year|cette_annee|this_quarter|ce_trimestre|rest_of_the_year")
CAPITAL = family(
    3,
    """
    allocate|allocating|budget{,s,ing}|invest{,ed,ing,ment,ments}|reinvest{,ing}|portfolio|roi|treasury|payback|
        break_even
    return_on investment|capital
    deploy|deploying|commit|committing|spread|split|distribute|divide ?my|the|our|more ?* capital|sats|btc|liquidity|
        funds|money|million
    capital plan|needs|deployment|requirements|over|as
    my|more|of|your capital
    """,
)

FRENCH = (
    family(  # horizons
        5,
        """
        prochaine{,s}|prochain{,s} ?<plusieurs> annee{,s}|mois|trimestre{,s}|semestre{,s}|ans|an|exercice
        an|annee{,s}|mois|trimestre{,s}|semestre{,s}|ans|l_an|l_annee a_venir|prochain|prochaine{,s}|prochains|
            qui_vient|qui_viennent|suivant{,e,s,es}
        d_ici ?la|le|l|a ?fin ?de|a ?<year>|<plusieurs> fin|an|ans|mois|annee|annees|ete|hiver|noel|printemps|automne|
            trimestre|<year>|decembre|juin|d_annee|prochain
        d_ici ?a <plusieurs>|<year>|fin|la_fin|l_ete|l_hiver|noel|la_rentree|juin|decembre|l_annee
        a_l_horizon|horizon|a_terme|a_l_avenir|dans_le_futur|dans_l_avenir|pour_l_avenir|sur_la_duree|dans_la_duree|
            dans_le_temps|a_long|a_moyen
        long|moyen|court terme
        sur|dans|en|pour|a ?les <plusieurs> an|ans|annees
        sur|dans ?les <plusieurs> mois|trimestres ?a !dernier|derniers|passe|passes
        en|pour|de|avant|vers|jusqu_en|horizon|fin|courant <year>
        sur|dans|pour|durant l|cette|toute annee|trimestre|semestre|l_annee|annee_2027
        second|premier|deuxieme|prochain|dernier semestre|trimestre
        trimestre|mois|annee par|apres trimestre|mois|annee
        fin|avant|pour|d_ici|a la fin|fin ?de|d l_annee|annee|l_an|du_trimestre
        pour le|l|cette|ce trimestre|semestre|annee|prochain
        trimestriel{,le,s,les}|annuel{,le}|pluriannuel{,le}
        """,
        detailed=6,
        technical=4,
    ),
    family(  # growth
        3,
        """
        grandir|croitre|agrandir|grossir|developper|developpement|developpe|etendre|evoluer|evolution|expansion|essor|
            monter_en
        faire|fait|faites evoluer|grandir|grossir|croitre|monter
        passer de|d * ?* ?* ?* a * ?* ?canaux|btc|sats|millions|pairs
        passer a_l_echelle|a_la_vitesse|un_cap|au_niveau|a_l_etape|pro|a_la_taille
        doubler|tripler|quadrupler|decupler|multiplier
        arriver|parvenir|aller|grimper|monter|croitre|passer a|jusqu_a|vers <number> ?* canaux|btc|sats|millions|pairs|
            sat
        si mon|ma|mes|je capital|capacite|noeud|double double{,nt}|triple{,nt}|grandit|grossit|la|mon|ma
        passer d amateur|hobby|un|une|petit
        devenir $
        devenir|redevenir un|une|le|la|plus|l|incontournable
        monter|montee en|a|dans puissance|charge|gamme|echelle|btc|niveau|<plusieurs>
        atteindre|arriver_a|viser ?les|la|un|une <number>
        preparer|anticiper|murir|pivoter|miser|se_lancer|vivre_de|en_vivre|s_y_preparer
        se_concentrer|concentrer|focaliser|accent|efforts sur|mes|mon
        sur_quoi se_concentrer|miser|travailler|parier|mettre
        cette annee pour
        une|vraie|de|veritable|en activite|entreprise|affaire|business ?pro|professionnelle|rentable|$
        prochain|ce cycle|halving|bull
        ou va|vont|se_dirige le|la|mon|lightning|les
        par|chaque an|annee
        progressivement|petit_a_petit|specialiser|niche|part_de_marche|avantage_concurrentiel|transformer|
            revenu_passif|un_jour
        changer d_echelle|de_dimension
        diversifi~|perenni~|professionnalis~|consolider
        rester petit|modeste|competitif
        """,
        detailed=6,
        technical=4,
    ),
    family(  # aims
        3,
        """
        vision|ambition{,s,ne}|objectif{,s}|trajectoire{,s}|orientation{,s}|positionnement|perspective{,s}|cap|
            jalon{,s}|scenario{,s}|calendrier|echeancier|previsionnel|projection{,s}|prevision{,s}
        direction ?prendre|donner|pour|faire|suivre|mon|devrait|$
        quelle{,s} phase{,s}|direction
        etape{,s}|phase{,s}|palier{,s} pour|vers|d_ici|successives
        cheminement|business_plan|un_chemin_vers|un_chemin_pour
        vers_quoi|vers_ou|ou_aller|ou_va_mon|ou_devrait|ou_emmener|ou_mener|dans_quel_sens
        avenir|futur|durable{,ment}|perenne
        fixer ?des|quels|mes objectif{,s}|cible{,s}
        """,
        detailed=6,
        technical=4,
    ),
    family(  # capital
        3,
        """
        investir|investissement{,s}|reinvestir|budget{,s,er}|allouer|repartir|repartition|deployer|immobiliser|
            retour_sur_investissement|tresorerie|portefeuille_de_canaux
        mon|de|du|le|quel|plus_de capital
        """,
    ),
)
STRATEGIC = (*LISTED, THIS_YEAR, HORIZON, GROWTH, AIM, CAPITAL, *FRENCH)
