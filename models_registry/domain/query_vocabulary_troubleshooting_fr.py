"""How a fault is told in French: symptoms, onsets, fragments of messages, cries for help. Pure data."""

from models_registry.domain.query_types_phrases import family, words

NEGATION = family(  # ne ... plus, pas, jamais with nearly any verb; in speech the "ne" is often left out
    3,
    """
    ne|n ?se|s|me|m|nous|le|la|les|y|lui|en|fait|veut|veulent !<savoir> * plus|pas|jamais|rien|aucun|aucune|
        nulle_part !besoin|comprendre|que|a_comprendre
    n a|ont|est|sont|suis ?toujours pas|plus|jamais ?ete * !besoin
    n est|sont|ai|a|ont|y_a plus|jamais|rien|aucun|aucune
    <chose>|pair|il|elle|ils|elles|on|j ?se|me <marcher> plus|pas|jamais|rien !que|d|de|cher
    se <marcher> plus|pas|jamais
    <marcher> plus|pas depuis|du_tout|correctement|bien|$
    plus|toujours ?pas|aucun|aucune ?de <rien>
    plus_rien|plus_personne|plus_aucun|plus_aucune|plus_moyen
    rien ne|n|passe|marche|bouge|fonctionne|y_fait
    personne|aucun|aucune ?de|des ?mes|nos ?<chose> ne|n
    aucun|aucune|zero|pas_un|pas_un_seul|pas_une_seule ?<chose>|routage|evenement depuis|en|ne|n|aujourd_hui|ce_matin
    impossible de|d|$
    <chose>|connexion|ouverture|paiement ... impossible
    tout|ca marchait|fonctionnait|allait|passait|tournait
    zero|0 routage|forward{,s}|paiement{,s}|trafic|revenu{,s}
    il manque des|du|mes|un|une|de_l
    aucun|aucune de mes|nos
    ne|n ?se|me|m|s !<savoir> * ... personne|rien|aucun|aucune|nulle_part
    ca|il|elle|ils|elles|je|j|on|<chose> ?me|se|m|s|y !<savoir> * plus|pas|jamais|rien $|depuis|du_tout|quand|alors|
        meme|correctement
    a|ont|s_est|se_sont ?soudain|tous arrete{,e,s}|cesse de|d
    se met|mettent a
    m|nous a|ont ferme|coupe|ejecte|lache|banni|bloque|rejete|deconnecte|plante|vire
    pas moyen de|d
    n_arrive{,nt,s} pas|plus a|d !comprendre|choisir|decider|savoir
    arrive{,s} plus|pas a|d !comprendre|choisir|decider|savoir
    """,
)
ENDING = family(  # something ended, hangs or vanished
    3,
    """
    coinc{e,es,ee,ees,er,ent}|bug{,s,ue,uent,ues}|panne{,s}|plant{e,es,ent,ait}|buggue{,nt}
    disparu{,e,s,es}|disparai{t,ssent}|injoignable{,s}|inaccessible{,s}|introuvable{,s}|corrompu{,e,s,es}|
        desynchronis{e,ee,es,ees}
    ko|hs|rade|carafe|vrac|galere{,s,r}|pepin{,s}|couac{,s}|anomalie{,s}|anormal{,e}|dysfonctionne~|deconn{e,ent}
    plonge{,e,s}|foir{e,er,ent}|cafouille{,nt}|bogue{,s}|silence_radio|chute_libre|saut{e,ent}|soudain{,e,s,es}|
        tourne_pas_rond|mal_en_point|en_pls|a_genoux|waiting_close|pending_close|vautre{,e,s}|ramasse{,e}|claque{,e}|
        grille{,e}|foutu{,e,s}|fichu{,e,s}|pete{,e,s}|casse{,e,s}|naze|merde{,r}|crashe{,e,r}|part_en_vrille|
        part_en_sucette|crame{,e}
    chute|baisse|arret|fermeture|perte|deconnexion brutal{,e,es}|soudain{,e}|inexplique{,e}|inattendu{,e}|subite
    brutalement|inexplique{,e}|inexplicable{,ment}
    reste{,nt} ?toujours pendant{,s,es}|en_attente|en_suspens|en_cours|a_0|a_zero|vide|sans_reponse|fige{,e,s}|muet|
        ouvert{,s}_depuis|coince{,s}
    met{,tent}|prend|prennent ?toujours une_eternite|des_plombes|des_heures|trop|un_temps_fou|trois_plombes|longtemps|
        des_minutes|des_jours|un_temps
    n_en finit|finissent|peut pas|plus
    reste{,nt}|stagne{,nt}|bloque{,s,e} a *
    de|d lui|elle|eux|elles meme{,s}
    avertissement{,s}|alerte{,s}|fatal{,e}|invalide|inattendu{,e,s}|interrompu{,e,s}|abandonne{,e,s}|avorte{,e,s}|
        annule{,e,s,nt}|volatilise{,s}|evapore{,s}|envole{,s}|manquant{,s,e}|ejecte{,e,s}|banni{,s}|sature{,e,s}|
        surchauffe|agonise
    fait|font|faire des_siennes|des_caprices
    par_intermittence|aleatoirement|de_temps_en_temps|part_en_live|tourne_mal
    pas|jamais recu|recue|credite|arrive{,e,s,es}|revenu{,s}|confirme{,e,s}
    traine{,nt} depuis|encore|toujours|des
    rame{,nt}|ramait|mouline{,nt}|patin{e,ent}|saccade{,nt}|fige{,e,s,es}|gele{,e,s,es}|timeout{,s}
    tomb{e,ent,ee,ees,es} ?en|a ?regulierement|toujours|encore !<pile>
    est|sont|s_est|s_etait tombe{,e,s,es}|effondre{,e,s,es}|arrete{,e,s,es}|ferme{,e,s,es}_tout_seul|coupe{,e,s,es}|
        eteint{,e,s,es}
    se|s ferme{,nt}|arrete{,nt}|coupe{,nt}|deconnecte{,nt}|eteint|eteignent|effondre{,nt}|plante{,nt}|bloque{,nt}|
        vide{,nt}_tout_seul
    s|se est|sont ?tous|toutes|encore|brusquement ferme{,e,s,es}|arrete{,e,s,es}|coupe{,e,s,es}|deconnecte{,e,s,es}|
        eteint{,e,s,es}|effondre{,e,s,es}|bloque{,e,s,es}|volatilise{,e,s,es}
    redemarre{,nt} tout|sans|en_boucle|toutes
    en boucle|rideau|dans_le_vide
    tourne{,nt} dans_le_vide|en_rond|en_boucle
    expire{,nt} ?tous|toutes|avant|sans|toujours|$
    ferme{,s,e,ee} de_force par|mon|mes|hier|sans|cette|ce|$
    a|ont|ete|s_est|viens|fait ?encore|tous|juste ferme{,s,e,ee}|rejete{,e,s,es}|coupe{,e,s,es}|
        ejecte{,e,s,es} ?de_force mon|mes|sans|par|au|hier|cette|ce
    force_close{,d} ?de|sur|par mon|mes|nos|un_de_mes|sans|hier|cette
    perdu{,s,e,es} ?le|la|les|tous|toute|mon|ma|mes|tout ?mes|ma|mon connexion{,s}|contact|acces|pair{,s}|canaux|sats|
        fonds|moitie|sync|de|mot
    lache{,nt}|decroche{,nt}|chute{,nt}|chute|degringole|effondre{,e}|s_ecroule|ecroule{,e}
    ai|a|ont chute|fondu|disparu|plonge|saute|crashe|freeze|lache
    """,
)
STATE = family(  # what one's own is said to be
    3,
    """
    est|sont|reste|restent|etait|devenu{,s}|semble|apparait|marque|marques ?toujours|encore|tous|toutes|completement|
        a_nouveau|soudain|comme|indique_comme mort{,e,s,es}|down|inactif{,s}|inactive{,s}|offline|perdu{,e,s,es}|
        muet{,te,s}|invisible{,s}|desactive{,e,s,es}|ferme{,e,s,es}_tout_seul|gele{,e,s,es}|verrouille{,e,s,es}|
        en_panne|en_erreur|en_rade|par_terre|a_l_arret|aux_abonnes_absents|dans_les_choux|refuse{,e,s,es}|
        rejete{,e,s,es}|plante{,e,s,es}|a_plat|hors_service|en_carafe|a_la_ramasse
    solde|portefeuille|noeud|wallet|capacite affiche{,nt}|indique{,nt}|montre{,nt} ?un|que|le 0|zero|rien|vide|negatif|
        faux
    ouverture|connexion|paiement|facture|canal|demande ?de|du ?canal ?a|est|ete rejete{,e}|refuse{,e}|coupe{,e}
    """,
)
ONSET = family(  # when or how suddenly it began
    3,
    """
    tout_a_coup|soudain|soudainement|subitement|brusquement|du_jour_au_lendemain|d_un_coup|d_un_seul_coup
    sans raison|prevenir|explication|crier_gare|aucune_raison|que_je_sache
    marchaient|fonctionnaient|passaient|routaient|marchait|fonctionnait|passait maintenant|avant|plus|$
    allait|allaient|tournait|marchait|fonctionnait ... jusqu_a|jusqu_au|jusqu_hier|avant
    marchait|fonctionnait|routait|tournait ?tres bien|parfaitement|sans|nickel|avant|hier|encore|jusqu
    avant ca|tout marchait|fonctionnait|allait|passait
    jusqu ici|hier|a_hier|la ca|tout
    depuis|apres ?la|le|un|une|mon|ma|que ?derniere|dernier mise_a_jour|maj|redemarrage|reboot|restauration|migration|
        coupure|changement|update|upgrade|installation|panne
    depuis que j_ai|je|lnd|mon
    """,
)
SINCE = family(
    2,
    """
    depuis hier|ce|cette|la|le|un|une|deux|trois|quatre|cinq|quelques|plusieurs|mon|ma|lundi|mardi|mercredi|jeudi|
        vendredi|samedi|dimanche|*_jours|*_heures|avant_hier|midi|l
    """,
)
MESSAGE = family(  # a piece of a message
    3,
    """
    refuse{,nt} de|d|mes|mon|ma|toute{,s}|tout|tous|systematiquement|net
    me|nous refuse{,nt}|rejette{,nt}|renvoie{,nt}|jette{,nt}|rembarre{,nt}
    rejet{,s}|rejette{,nt}|rejetee{,s}
    fonds|solde|frais|liquidite insuffisant{,s,e,es}
    message d|de erreur|l_erreur
    renvoie{,nt}|retourne{,nt}|crache{,nt} ?toujours|sans_cesse|systematiquement|une|un|des|le|$
    recois|j_ai|obtiens|affiche|dit|vois ?sans_cesse|toujours|tout_le_temps|encore|systematiquement errorcode|failure|
        timeout|no_route|insufficient|unknown
    mot_de_passe ?est refuse|faux|invalide|rejete
    log{,s} plein{,s}|rempli{,s}|disent|dit|affiche{,nt}|montre{,nt}|parle{,nt}
    """,
)
CRY = family(  # the fault by its name, or a call for help
    3,
    """
    a_chaque|chaque|des|lorsque|quand|si ?fois ?que|qu j|je|on essaie|essaye|tente|veux|lance
    j_essaie|j_essaye|j_ai_essaye|essayant|en_essayant|tentative{,s}|je_tente d|de|tout|plusieurs
    tout essaye|redemarre
    que|quoi|ou|ou_dois_je verifier|regarder|chercher
    recuperer mes|mon|les|le
    souci{,s} avec|de|sur|depuis|pour|a|chez|$
    j_ai|un|gros|petit|des|le|ce souci{,s}
    bizarre{,s}|etrange{,s}|louche|cloche
    c_est|est_ce|ce|c|ca normal|pas_normal $
    est_ce|c_est que_c_est_normal|normal|grave $
    normal que|qu
    que_se_passe_t_il|qu_est_ce_qui_se_passe|il_se_passe_quoi|se_passe_quoi|qu_est_ce_qu_il_se_passe !quand|si|lors|
        lorsque|en_cas|apres
    qu_est_ce_qui ne_va_pas|cloche|coince|bloque|peut|plante|a_pu|s_est|cause|empeche|provoque
    que s_est_il_passe|m_arrive_t_il
    qu_est_il arrive
    qu_est_ce_qu il_a|il_y_a|elle_a|ils_ont|a $
    d_ou|d_ou_ca|d_ou_cela|ca|cela ?peut|pourrait vient|venir|provient|provenir
    comment_ca_se_fait|comment_se_fait_il|comment_est_ce_possible
    au_secours|a_l_aide|besoin_d_aide|aidez_moi|aide_moi|sos $
    repar{er,e}|depann{er,age,e}|diagnosti~|resoudre|debloqu{er,e}|decoinc{er,e}|rattraper
    quelque_chose|un_truc|truc qui_cloche|cloche|ne_va_pas|va_pas|coince|deconne
    tout_seul|sans_arret|sans_cesse|a_chaque_fois|a_chaque_tentative|systematiquement
    ca ne|n|me|part ?fait|va|en erreur|pas|plus|vrille
    la_cause|quelle_est_la_cause|cause{,s} de|du|possible{,s}
    """,
)
WHY_MINE = family(
    3,
    """
    qu_est_ce_qu|qu_est_ce_que|qu_est_ce_qui il_a|elle_a|ils_ont|a|ont|arrive_a|a_t_il ?donc|bien mon|ma|mes|ce|cette|$
    ^ pourquoi $
    c_est|est_ce|est_il ?bien ?vraiment normal ?que|qu|$
    comment|qu_est_ce_qui|quoi ?peut|pourrait|peux ?on ?tu expliquer|explique !un|une|les|comment
    pourquoi ?est_ce_que|diable ?tous|toutes|un_de|une_de <a_moi> * !a_besoin|ont_besoin|a_t_il_besoin|doit|doivent|
        ont_ils_besoin
    pourquoi ?est_ce_que je|j|personne|plus|aucun|aucune|rien|ca|on_me|il|elle|tout !dois|devrais|faut
    pourquoi ce|cette|cet|ces <chose>
    """,
    technical=4,
    quick=3,
)
WEAK = words(
    2,
    """
    deconnect{e,es,ee,ees,ent,er}|deconnexion{,s}
    souci{,s}
    en_gris|en_rouge|en_orange|grise{,s}|ram|cpu
    bouffe|mange|sature|consomme toute|ma|mon|la|tout
    pendant{,s,es}|en_attente|desactive{,e,s}|disabled|inactive|offline
    des|plusieurs|deux|trois heures|jours|semaines $
    pourtant|alors_que|alors_qu|malgre|bien_que|tandis_que|des_que|des_qu|sauf_que
    mais rien|ca|il|je|toujours|j_ai|elle|ils|pas|aucun|le ...
    pas assez|suffisamment de|d solde|fonds|liquidite|capacite|memoire
    absence|manque|perte de|d
    deuxieme|troisieme|enieme|n_ieme fois
    toujours pas|en|rien
    trouver|comprendre|savoir|voir pourquoi $
    toutes les * minutes|heures|secondes
    tout_le_temps|regulierement|constamment|en_permanence
    une_idee $
    """,
)

TROUBLESHOOTING_FR = (
    NEGATION,
    ENDING,
    STATE,
    ONSET,
    SINCE,
    MESSAGE,
    CRY,
    WHY_MINE,
    *WEAK,
)
