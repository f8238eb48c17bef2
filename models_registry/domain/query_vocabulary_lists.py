"""Words that stand for one another in the phrases of the query vocabulary, French and English. Pure data."""

WORD_LISTS = {
    # What an operator calls his own, and what he has.
    "own": "my our",
    "mine": "my our this these that the one_of_my some_of_my all_of_my half_of_my most_of_my two_of_my",
    "mien": """
        mon ma mes notre nos ce cet cette ces le la les l un_de_mes une_de_mes certains_de_mes tous_mes
    """,
    "a_moi": "mon ma mes notre nos",
    "thing": """
        node{,s} channel{,s} peer{,s} payment{,s} invoice{,s} htlc{,s} wallet lnd cln lightningd lncli bitcoind tor
        connection{,s} rebalance{,s} rebalancing rebalances routing forward{,s} forwarding balance watchtower backup
        database transaction{,s} sweep daemon service gossip graph plugin rtl thunderhub lndg lit loop pool umbrel
        raspiblitz btcpay capacity liquidity sats funds fee{,s} revenue earnings income traffic volume probe{,s}
    """,
    "chose": """
        noeud{,s} node canal canaux channel{,s} pair{,s} peer{,s} paiement{,s} facture{,s} invoice{,s} htlc{,s}
        portefeuille wallet lnd cln lightningd lncli bitcoind tor connexion{,s} reequilibrage{,s} rebalance{,s}
        routage forward{,s} solde watchtower sauvegarde base transaction{,s} service graphe plugin umbrel raspiblitz
        liquidite sats fonds revenu{,s} gain{,s} trafic volume ca tout
    """,
    "count": """
        channel{,s} peer{,s} sat{,s} satoshi{,s} btc forward{,s} payment{,s} htlc{,s} node{,s} connection{,s}
        invoice{,s}
    """,
    "figure": """
        balance{,s} capacity total number{,s} figure{,s} earnings revenue{,s} income uptime stats statistics count
        success_rate situation profit{,s} inbound outbound liquidity result{,s} fees_earned standing
    """,
    "chiffre": """
        solde{,s} capacite total revenu{,s} gain{,s} chiffre{,s} stat{,s} statistique{,s} nombre taux_de_succes
        disponibilite situation liquidite benefice{,s} resultat{,s}
    """,
    "personal": """
        i my our me we mine us myself should latest new nouvelles up the_node the_channels the_channel this_channel
        these_channels this_node
        everything things it_going all_good you
    """,
    "personnel": """
        j je mon ma mes moi m me nos notre nous suis ai dois tu te ce_canal ces_canaux le_noeud ce_noeud ce_pair
        on_est
    """,
    # What a thing does, or does not.
    "not": """
        not don_t doesn_t didn_t isn_t aren_t wasn_t weren_t hasn_t haven_t won_t can_t cannot couldn_t dont doesnt
        didnt isnt arent wont cant
    """,
    "function": """
        work{,s,ing} start{,s,ing} connect{,s,ing,ed} sync{,s,ing,ed} respond{,s,ing} answer{,s,ing} show{,s,ing}
        appear{,s,ing} come coming open{,s,ing} confirm{,s,ing,ed} load{,s,ing} boot{,ing} resolve{,s} arrive{,d}
        settle{,d} forward{,ing} route routing see find reach reachable pay receive receiving send sending
        reconnect{,ing} update{,d} move moving happen{,ing} accept{,ing} unlock stay finish{,ing} complete{,d} succeed
        let pass get go going_through getting_through visible online available running up back doing
    """,
    "decide": """
        decide know understand tell afford choose figure imagine say wait remember think help believe seem_to_decide
        you i we stop_wondering make_up
    """,
    "marcher": """
        fonctionne{,nt} marche{,nt} route{,nt} passe{,nt} demarre{,nt} repond{,ent} connecte{,nt} synchronise{,nt}
        repart{,ent} trouve{,nt} voi{s,t,ent} ouvre{,nt} apparait apparaissent bouge{,nt} tourne{,nt} charge{,nt}
        finit aboutit aboutissent paie{,nt} recoi{s,t,vent} arrive{,nt} arrivons peux peut peuvent veut veulent
        reussi{s,t} parvien{s,t} lance{,nt} monte{,nt} remonte{,nt} revien{t,nent} part partent transite{,nt} sort
        sortent tient tiennent accepte{,nt} envoie{,nt} confirme{,nt}
    """,
    "savoir": """
        sais sait comprends comprend veux voudrais connais crois pense dois devrais souhaite aimerais faut vaut serait
        est suis sont ai avons maitrise saisis cherche vois_pas_comment
    """,
    "doing": """
        earn{,s,ed,ing} route{,s,d} make{,s} made bring{,s} brought perform{,s,ed,ing} pay{,s} paid do does did
        generate{,s,d} forward{,s,ed} carry carries carried yield{,s} contribute{,s,d} get{,s} fail{,s} cost{,s} has
        have had use{,s} handle{,s} see{,s}
    """,
    "valoir": """
        vaut valent rapporte{,nt} est sont marche{,nt} performe{,nt} route{,nt} gagne{,nt} s_en_sort s_en_sortent a
        ont fait font merite{,nt} devance{,nt} tourne{,nt} arrive{,nt} fonctionne{,nt} me_rapporte{,nt}
    """,
    "rien": "nouvelles_de reponse_de connexion acces",
    "pile": "bien pile a_pic d_accord juste",
    # What is needed, meant or wrong.
    "neutral": "need required necessary supposed by_default",
    "needing": """
        need require required should want must would could can cost spend put charge open set faut dois devrais besoin
        mettre placer ouvrir investir fixer facturer demander couter coute prendre
    """,
    "what_is": "what_s what_is what_went what_was whats what_has_gone what_could_be",
    # How long, how many, when.
    "several": """
        a one two three four five six seven eight nine ten twelve eighteen few couple_of several many 1 2 3 4 5 6 7 8
        9 10 12 18 24 36
    """,
    "plusieurs": """
        un une deux trois quatre cinq six sept huit neuf dix douze quinze quelques plusieurs 1 2 3 4 5 6 7 8 9 10 12
        18 24 36
    """,
    "year": "2026 2027 2028 2029 2030 2031 2032 2035 2040",
    "number": """
        1 2 3 4 5 6 7 8 9 10 12 15 20 25 30 40 50 60 80 100 150 200 250 500 1000 un une cinq dix vingt cinquante cent
        mille
    """,
    # What may be done about a node.
    "act": """
        open close set charge put use choose pick raise lower reduce increase add remove connect rebalance drain drop
        keep do try change adjust start stop ask take buy sell pay move fill refill spend avoid prefer start_with
        begin go send
    """,
    "acting": """
        opening closing setting charging putting using raising lowering reducing adding removing connecting
        rebalancing dropping keeping paying buying changing adjusting moving upgrading running having
    """,
    "agir": """
        ouvrir fermer mettre fixer choisir augmenter baisser reduire ajouter retirer connecter reequilibrer garder
        faire changer ajuster modifier prendre appliquer payer vider remplir eviter privilegier placer acheter
        utiliser regler commencer demander facturer rajouter supprimer
    """,
    "agir_je": "monte baisse ferme ouvre mets change garde laisse augmente prends passe reequilibre",
    "goal": """
        get earn make attract balance choose pick set price boost cut save avoid find fill drain use increase reduce
        raise lower bring keep handle decide improve optimize optimise better deal minimize maximize allocate
        encourage gain win have approach tune adjust rebalance monetize spend manage select prevent stop receive lure
        sell
    """,
    "procedure": """
        restore back backup install configure set_up setup upgrade update migrate export import verify check read
        compile build connect create generate sign enable disable run open fix repair debug recover troubleshoot
        unstick get_rid unblock resolve solve interpret make_a make_sure pay_an send_a know find_out see tell grade
        rate rank score assess judge compare sort order phase split
    """,
    "pouvoir": "plus pas",
    # What is chosen, set or judged.
    "fee_or_size": """
        fee{,s} rate{,s} ppm price{,s} size{,s} amount{,s} value{,s} setting{,s} policy way{,s} approach time
        place{,s} moment option{,s} method{,s} move{,s} practice{,s} tool{,s} candidate{,s} level{,s} ratio
    """,
    "fee_or_fr": """
        frais taux tarif{,s} taille montant canal canaux pair{,s} noeud{,s} reglage{,s} prix ppm candidat{,s} moment
    """,
    "most": """
        most least best worst better worse strongest weakest highest lowest fastest slowest cheapest biggest largest
        smallest top bottom healthiest busiest poorest safest riskiest first last ahead behind
    """,
    "better": "better worse stronger weaker safer bigger",
    "good": """
        good bad well healthy competitive strong weak reliable solid decent efficient profitable attractive central
        performant stable poor great valuable useful effective
    """,
    "adjective": """
        profitable reliable active useful efficient valuable productive important balanced stable successful
        competitive lucrative busy connected expensive effective problematic trustworthy central
    """,
    "adjectif": """
        rentable{,s} fiable{,s} actif{,s} active{,s} utile{,s} efficace{,s} performant{,s} performante{,s}
        important{,s} productif{,s} equilibre{,s} stable{,s} cher{,s} central centraux solide{,s} lucratif{,s}
        interessant{,s} connecte{,s} competitif{,s} competitive{,s} faible{,s} gros bon{,s}
    """,
    "compared": """
        compared_to compared_with against versus vs relative_to in_comparison_with in_comparison_to next_to among than
        like_other
    """,
    "quel": "quel quelle quels quelles qui lequel laquelle lesquels lesquelles",
    "autres": "ou entre",
    # What the protocol is made of, and what is done with it.
    "protocol": """
        mpp amp htlc htlcs ptlc ptlcs splicing splices trampoline keysend onion gossip taproot anchor anchors
        anchor_outputs watchtower watchtowers bolt11 bolt12 bolt_12 bolt_11 offers lnurl rebalancing circular swaps
        submarine loop_out multi_path multipath musig dual_funding inbound_fees base_fees channel_reserves
        channel_jamming jamming routing pathfinding probing hold_invoices zero_conf wumbo eltoo rgs macaroons static
        autopilot revocation penalty private_channels public_channels lightning_nodes lightning_payments
        lightning_channels payment_secrets preimages timelocks
    """,
    "made": """
        calculated computed determined chosen derived encoded encrypted stored signed negotiated enforced built paid
        protected propagated found selected routed made created set secured split locked updated announced counted
        different hidden
    """,
    "fait": """
        calcule{,e,s,es} determine{,e,s,es} choisi{,e,s,es,t} fixe{,e,s,es} fait{,e,s,es} stocke{,e,s,es}
        chiffre{,e,s,es} signe{,e,s,es} cree{,e,s,es} construit{,e,s,es} protege{,e,s,es} propage{,nt} deroule{,nt}
        trouve{,e,s,es} decide{,e,s,es} gere{,e,s,es} passe{,nt} calculent annonce{,e,s,es} route{,e,s,es}
        decoupe{,e,s,es} partage{,e,s,es}
    """,
}

POLITE = (  # what a clause may begin with before the question begins: folded, regular expressions
    "hey",
    "hi(?: there)?",
    "hello",
    "yo",
    "dear [a-z]+",
    "good (?:morning|evening|afternoon|day)",
    "bonjour",
    "bonsoir",
    "salut",
    "coucou",
    "please|pls|plz",
    "s il (?:te|vous) plait",
    "stp|svp",
    "merci|thanks|thank you",
    "ok|okay|so|well|and|also|but|then|now|alors|donc|et|euh|bon|du coup|mais|sinon|sorry|desole|um|hmm",
    "(?:all|tout le monde|everyone|guys|team|folks|l equipe)(?= ;)",
    r"(?:can|could|would|will) you(?: please| just| quickly)?(?= (?!recommend|suggest|change|do\b|advise))",
    "(?:i d|i would) (?:like|love) you to",
    "i (?:want|need) you to",
    "(?:i was|i am|i m|just|was) wondering(?: if| whether)?",
    "i wonder",
    "(?:i d|i would) (?:like|love) to know",
    "i (?:want|need) to know",
    "do you know",
    r"tell me(?= (?:what|which|how|why|who|where|if|whether)\b)",
    "(?:tu |vous )?(?:peux|peut|pourrais|pourriez|pouvez)(?: tu| vous)?(?= [a-z]+ )(?! [a-z]+ (?:conseiller|proposer))",
    "est ce que (?:tu|vous) (?:peux|pourrais|pouvez|pourriez)",
    "(?:j aimerais|je voudrais|je veux|j ai besoin) que (?:tu|vous) [a-z]+es",
    "(?:j aimerais|je voudrais|je veux|j aimerais bien) savoir",
    "je me demand(?:e|ais)",
    "(?:tu sais|sais tu|savez vous)(?: si)?",
    r"dis moi(?= (?:si|comment|quel|quelle|quels|ce|ou|combien|pourquoi|qui)\b)",
    "(?:j ai )?une question(?: rapide)?",
    "(?:quick|simple|noob|newbie|stupid|silly|small|short|dumb) question",
    "(?:petite |simple )?question(?: rapide| bete)?(?= ;)",
    "would you say(?: that)?|do you (?:think|reckon|believe)(?: that)?|in your (?:opinion|view)|honestly|frankly",
    "(?:tu |vous )?(?:penses|trouves|crois|pensez|trouvez)(?: tu| vous)? (?:que|qu)",
    "a ton avis|selon toi|d apres toi|franchement|honnetement",
    "just curious|out of curiosity|par curiosite",
    "(?:help me|aide moi|aidez moi)(?: to| a| with)?(?= [a-z])",
)
