"""How understanding is asked for, French and English: meaning, difference, mechanism, reason in general. Pure data."""

from models_registry.domain.query_types_phrases import family, words

LISTED = words(
    2,
    """
    expliqu{er,e,es,ez}|explain{,s,ed,ing}
    pourquoi|why
    fonctionnement{,s}
    how do|does
    comment fonctionne{,nt}|marche{,nt}
    what is|are|s
    what does
    what do !i|we|you
    qu est ce
    """,
)
ALONE = words(
    1,
    """
    how !do|does
    comment !fonctionne|fonctionnent|marche{,nt}
    """,
)

SENSE = family(  # what a word means, how two things differ
    3,
    """
    what do|does|did|is|s ... mean|stand_for|meant|called|refer_to|represent
    meaning|definition|notion|concept|principle|purpose|point|role|idea|mechanics|internals|anatomy|basics of|
        behind !of_my|my
    ^ define|describe|explain|clarify|elaborate|teach|introduce !why_my|why_is_my|why_are_my|$
    explanation{,s}|eli5|like_i_m_five|in_layman_s|in_simple_terms|in_plain_english|for_dummies|for_a_beginner|
        under_the_hood|primer|whitepaper|the_spec
    walk|talk|take|run|guide me|us through
    tell|teach me ?a_bit|more about|of|how|what !my|how_my
    difference{,s} between|entre|in|with|is|of|are
    differ{s,ent,ently} from|to
    how do|does|is|are ... differ|different|distinct
    distinguish|distinction
    understand|learn|know|curious|wondering|grasp|wonder|confused ?more ?about how|what|why_a|why_the|when|about|
        anchor|the_role
    to|want|like|d_like understand|learn !why_my|why_i|why_is_my|my
    what_role|what_purpose|what_exactly|what_s_the_point|what_is_the_point|what_s_the_use|what_s_the_deal|in_what_way|
        in_which_way|to_what_extent
    used|good|useful|meant|designed for
    used for
    technically|in_theory|theoretically|protocol|cryptograph~|algorithm{,s}|formula|syntax|analogy|spec|specification|
        rfc
    what|which command{,s}|parameter{,s}|flag{,s}|option{,s} shows|does|lists|do|sets|is|to
    what|how ... means|works $
    i don_t|do_not|dont|never|can_t understand|get|grasp|see ?the how|what|difference|point|idea|why_a|why_nodes|why_the
    confused about|by
    the same as|thing
    same thing|as
    pros|advantages|drawbacks|benefits|downsides|tradeoffs|trade_offs|limits|history|origin and|of
    how ?do|to|should|can i|you|one read|interpret|parse
    tutorial|documentation
    what|which kind{,s}|type{,s}|sort|part|message{,s}|data|information|key{,s}|party|side|bolt|field{,s}|mechanism|
        factors|criteria ?* of|are|is|does|do|determine{,s}|pays|has|can|goes|gets|decides !my|i
    what|which determine{,s}|decides|makes|limits|prevents|guarantees|protects|secures|triggers|stops a|an|the|how|if|
        somebody|someone|nodes|which
    """,
    troubleshooting=3,
)
MECHANISM = family(  # how things work in general
    3,
    """
    how do|does a|an|the|it|they|lnd|cln|lightning|bitcoin|nodes|channels|peers|one|people|wallets|<protocol> !i
    how is|are|was|were|s a|an|the|it|they|fees|routes|invoices|payments|htlcs|<protocol> ... <made>
    how is|are ?my|our|a|the ?* ?* ?* calculated|computed|determined|chosen|derived|encoded|encrypted|stored|signed|
        negotiated|enforced|built
    how do|does|can ... work
    how ?exactly|much|long|many|far|often|big ?* ?* do|does|can|will|is|are ?a|an|the a|an|it|lightning|lnd|cln|
        <protocol>|hops|confirmations|needed|allowed|per_channel
    how come a|an|nodes|people|lightning
    who|what pays|sets|decides|knows|holds|signs|sees|enforces|chooses|controls|can ?see|know|steal|spend|spy
    when|where is|are|does|do|was a|an|the|lnd|lightning|<protocol> ... used|stored|needed|happen|expire|broadcast|
        published|kept|come|go|decided|revealed|created|signed|required|useful|sent
    ^ can|could|does|do|is|are|will|must a|an|lightning|bitcoin|someone|anyone|somebody|others|peers|nodes|
        <protocol> !ok|okay|fine|good|enough|too
    is it possible|true|safe|technically|always|possible_to
    is|are there a|any difference{,s}|limit|maximum|minimum|risk|relation|reason|trick|rule
    """,
    troubleshooting=3,
)
HAPPENS = family(
    4,
    """
    what happens|would_happen|will_happen|occurs|goes_on when|if|to|during|after|once|in|on|at|as|while|
        inside !my_node_now
    que_se_passe_t_il|qu_est_ce_qui_se_passe|il_se_passe_quoi|se_passe_quoi|que_se_passe|qu_est_ce_qu_il_se_passe|
        qu_arrive_t_il|ca_se_passe_comment|que_devient|que_deviennent|qu_advient_il ... quand|si|lors|lorsque|en_cas|
        apres|au_moment|pendant|a_la|s
    """,
    troubleshooting=7,
)
IMPERSONAL = family(  # asks about the world, not about anything of one's own
    2,
    """
    ^ a|an|the|un|une|le|la|les|l !...<personal>|<personnel> *** $?
    ^ what|who|whom|when|where|how|why|which|does|do|is|are|can|could|will|has|must !to !...<personal> * *
    ^ whats|whos|what_s|who_s|how_s !...<personal> * *
    ^ qui|quand|pourquoi|un|une|des|en_quoi|a_quoi|de_quoi|est_ce_qu_un|est_ce_qu_une|est_ce_qu_on|
        combien_de_temps !...<personnel> * *
    ^ comment !...<personnel> !~er|~ir|~re|en|s_y|y|mieux * *
    ^ que|qu !...<personnel> !~er|~ir|~re|est_ce_qui * *
    ^ un|une|le|la|les|l ... t_il|t_elle|sont_ils|sont_elles|est_il|est_elle|peut_il|peut_elle|
        peuvent_ils !...<personnel>
    """,
)
CAUSES = family(  # what brings about a thing in general
    4,
    """
    what|which ?things makes|causes|triggers|lets|allows|leads|can_cause|can_make|could_make|decides|determines a|an|
        nodes|channels|payments|lightning|which|how|the_route|the_path|whether
    qu_est_ce_qui|ce_qui fait|decide|cause|permet|empeche|declenche|determine|garantit|explique|provoque ?echouer un|
        une|du|des|que|de|qu|le|la|d
    is|est it|ce|il|c_est true|vrai|possible that|que|qu|to
    c_est|est_il vrai|exact|possible que|qu|de
    in|under|dans|en which|what|quel|quels|quelles case{,s}|circumstances|situation{,s}|cas|circonstances ?faut_il|
        utilise_t_on|utiliser|choisir
    """,
    troubleshooting=7,
)
WHY = family(  # why things are so, in general
    3,
    """
    why do|does|is|are|can|must|would|should|did|might|could|will|has|have a|an|some|nodes|channels|peers|htlcs|people|
        operators|most|routing|lightning|bitcoin|many|every|each|anyone|there|<protocol>|small|big|large|one|invoices|
        force|closing|opening|fees|inbound
    why ... need{,s,ed}|required|necessary|matter{,s}|important|useful|by_default|supposed|called|designed|invented|
        preferred|dangerous|considered|recommended|mandatory|limited|allowed|exist{,s}
    why can_t|cannot|don_t|doesn_t|isn_t|aren_t|won_t|not a|an|nodes|channels|people|lightning|bitcoin|one|operators|
        everyone|<protocol>
    how_come a|an|nodes|payments|channels|people|lightning|<protocol>
    what causes|makes|leads a|an|nodes|channels|people|payments
    reason{,s} ?for ?the|why a|an|nodes|channels|behind|having|using
    why not|use|bother|have|choose|run
    """,
    troubleshooting=3,
)

FRENCH = (
    family(  # sense
        3,
        """
        c_est|c|cest quoi !le_probleme|le_souci|ce|probleme|mon|ma|mes|le_pire|le_mieux|le_plus|la_meilleure|le_meilleur
        qu_est_ce_qu|qu_est_ce ?que un|une|le|la|les|l|des|du|c|cela
        veu{t,lent} dire
        signifi{e,ent,cation}|definition|definis{,sez}|definir|kesako|entend_on|entends_tu|notion|concept|principe|
            mecanisme{,s}|explication{,s}|vulgarise{,r}
        ^ explique{,s,z,r}|decri{s,re,vez,s_moi}|definis|detaille|raconte|presente|parle|apprends|montre ?moi|
            nous ?en_detail|bien|simplement|de|ce ?comment|ce|le|la|les|l|du|des|un|une|pourquoi|d !mon|ma|mes|
            mes_paiements
        ^ explique{,s,z,r}|decri{s,re,vez}|definis|definissez ?moi|nous !pourquoi
        parle{,z}|parler moi|nous du|de|des|d !mon|ma|mes
        difference{,s} ?y_a_t_il|il_y_a|fondamentale|exacte entre|avec|de|y|il
        differe{,nt}|distingue{,r,nt}|distinction
        a_quoi|pour_quoi ?ca ?peut ?bien ser{t,vent,vir}
        pareil|meme_chose|equivalent|identique que|qu|a
        la meme chose
        avantages|inconvenients|limites|origine|historique et|de|du|des|d
        lire|interpreter|dechiffrer
        techniquement|en_theorie|protocole|algorithme{,s}|formule|cryptograph~|analogie|schema|specification
        ne|je|j comprends|pige|saisis|comprend pas ?bien|trop|vraiment comment|ce|le|la|les|un|l|a_quoi
        sert|servent a_quoi|d_abord
        role|utilite|interet|but|fonction|difference d|de|du|des|joue{,nt} ?un|une|la|le|l !<agir>|mes|mon|mettre
        comprendre|comprends_pas|saisir|apprendre ?bien|mieux !pourquoi_mes|pourquoi_mon|pourquoi_ma|pourquoi_je|
            pourquoi_j|ce_qui|ce_qu_il_se|d_ou|mon|mes
        en_quoi|en_pratique_comment|sous_le_capot|pour_les_nuls|simplement_expliqu~|concretement
        quels|quel|quelles|quelle ?sont|est ?les|le|la type{,s}|sorte{,s}|etape{,s}|role|fonctionnement|lien|rapport|
            message{,s}|risques|difference{,s}|utilite
        que|qu represente{,nt}|designe{,nt}|veut|signifie{,nt}|contient|contiennent|recouvre
        """,
        troubleshooting=3,
    ),
    family(  # mechanism
        3,
        """
        comment ca|cela|est_ce_que_ca|ca_se ?se fonctionne|marche|passe ?un|une|le|la|les|l|des|en|quand !pour_mon|mon|
            mes|ma
        comment est|sont|sera|se|s ?un|une|le|la|les ?* ?* ?* <fait>
        comment un|une|lnd|cln|le|la|les|des|on|est_ce_qu|lightning ... choisi{t,ssent}|calcule{,nt}|sait|savent|
            decide{,nt}|trouve{,nt}|fait_il|determine{,nt}|gere{,nt}|protege{,nt}|fonctionne{,nt}|marche{,nt}|
            verifie{,nt}|se_propage{,nt}|est|sont|peut|peuvent|evite{,nt}|empeche{,nt}|font !mon|mes
        comment fonctionne{,nt}|marche{,nt}
        ca|cela fonctionne|marche comment ?un|une|le|la|les|l $|*
        c_est|cest quoi $
        quel{,s,le,les} ?est|sont ?le|les|la lien{,s}|relation{,s}|rapport{,s} entre|y|avec
        qu y|est_ce_qu_il_y a dans|t_il_dans
        en_termes|en_mots|avec_des_mots simples
        comment lnd|cln|lightning|eclair
        comment !~er|~ir|va|vont|ca|se|faire|en|optimiser|porte|mettre|rendre|reduire ~ent|~it|~nd|~e le|la|les|l|un|
            une|des
        comment <a_moi> * * t_il|t_elle|ils|elles
        qui|quoi paie|paye|decide|fixe|signe|detient|connait|voit|peut|choisit|verifie|controle ?la|le|les|l|un|une|
            voir|voler|savoir|quoi|frais|qui
        quand|a_quel_moment|ou est|sont|est_ce|est_ce_que ?que ?le|la|les|l|un|une ?* ?* ?* utilise{,e,s,es}|
            stocke{,e,s,es}|publie{,e,s,es}|revele{,e}|expire|diffuse{,e}|cree{,e}|necessaire|intervient|faut|diffusee
        quand_est_ce_que|quand_est_ce_qu la|le|un|une|les|on|l
        peut_on|est_il_possible|est_ce_possible|est_ce_qu_un|est_ce_qu_une|est_ce_qu_on_peut|est_ce_que_lnd|
            est_ce_que_les|est_ce_que_lightning|un_canal_peut|un_noeud_peut|quelqu_un_peut|peut_il_voler
        y_a_t_il|il_y_a|existe_t_il une_difference|un_risque|une_limite|des_limites|un_maximum|une_raison|un_lien
        combien_de_temps|combien_de_sauts|combien_de_confirmations|combien_de_htlc|combien_d_htlc ?* faut|peut|prend|
            dure|met|il
        """,
        troubleshooting=3,
    ),
    family(  # why in general
        3,
        """
        pourquoi ?est_ce_que|est_ce_qu|donc|certains ?les|des|certains|tous_les noeuds|canaux|pairs|gens|operateurs|
            htlc{,s}|frais|canal|wallets|portefeuilles|routeurs|grands|gros|petits
        pourquoi un|une|certains|certaines|des|faut|doit|utilise|a_t|utiliser|avoir|lightning|le_reseau|le_protocole|
            bolt|n_importe|on|choisir|recommande|existe
        pourquoi ... besoin|necessaire{,s}|obligatoire{,s}|important{,e,s,es}|utile{,s}|par_defaut|appelle|
            juge{,e,s,es}|considere{,e,s,es}|recommande{,e,s,es}|faut|existe{,nt}|impose{,nt}|exige{,nt}|
            limite{,e,s,es}|risque{,e,s,es}|dangereux|conseille
        d_ou vient ?le|la|l nom|idee|terme|besoin
        """,
        troubleshooting=3,
    ),
    family(1, "pourquoi le|la|l|les"),
)
TECHNICAL = (
    *LISTED,
    *ALONE,
    SENSE,
    MECHANISM,
    HAPPENS,
    IMPERSONAL,
    CAUSES,
    WHY,
    *FRENCH,
)
