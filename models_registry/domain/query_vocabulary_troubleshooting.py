"""How a fault is told in English: symptoms, onsets, fragments of messages, cries for help. Pure data."""

from models_registry.domain.query_types_phrases import family, words

LISTED = words(  # French and English
    3,
    """
    erreur{,s}|error{,s}
    probleme{,s}|problem{,s}
    echec{,s}
    echou{er,e,es,ent,ee,ees,ait,aient,ant}
    fail{,s,ed,ing,ure,ures}
    debug{,s,ged,ging}
    stuck
    bloqu{e,es,ee,ees,er,ent,ait}
    crash{,es,ed,ing,s}
    slow{,er,ly}
    lent{,e,s,es,ement}
    hors ligne
    """,
)

ENDING = family(  # something ended, hangs or vanished
    3,
    """
    unable to
    bug{,s,gy}|broken|broke|breaks
    hang|hangs|hanging|hung|freez~|froze|frozen|stall{s,ed,ing}|flap{s,ping}
    unreachable|unresponsive|corrupt{,ed,ion}|glitch~|outage{,s}|segfault~|panic{,s,ked}|traceback|haywire
    timeout{,s}|timed_out|times_out|time_out|timing_out
    trouble{,s}|troubleshoot{,ing}|diagnos~|malfunction~|misbehav~
    sudden
    none|neither of my|our|the|them
    vanish~|disappear~|plung{ed,ing}|nosediv{e,ed}|nosedive|halved|sank|evaporat{e,ing}|hosed|toast|glitching|
        endless{,ly}|inconsistent|waiting_close|pending_close|pending_open|force_closing|reverted|abnormal
    is|are|were|was|started|keep{,s} ?all|both|now|constantly|randomly dropping|leaving|disconnecting|rejecting|
        returning|hanging|stalling|bouncing|complaining|crashing|drying
    no|zero|0 peers|connection{,s}|peer_connections
    hacked|robbed|collapsed|plummeted|tanked|evaporated|dried_up
    <thing>|it|they|tx|nothing|that|this still hasn_t|haven_t|has_not|have_not|isn_t|aren_t|wasn_t|didn_t|doesn_t|
        don_t|no|not
    still not|hasn_t|haven_t|has_not|have_not|isn_t|aren_t|doesn_t|don_t|won_t|can_t|nothing|waiting|no
    <thing>|it|they|tx hasn_t|haven_t|has_not|have_not|isn_t|aren_t|wasn_t|didn_t|doesn_t|don_t|won_t|dont|
        doesnt !earn|make|pay|have|need|earning
    keep{,s} ?on !growing|earning|running|using|paying|charging|routing|it|them|the ~ing
    stopped|stops|ceased|quit ~ing
    <thing>|it|they|i|we|this|everything|that|which used to
    now ... don_t|doesn_t|no|not|nothing|dont|doesnt|can_t|fails|won_t $
    keep{,s} ?on|me get|getting|seeing|losing|closing|dropping|restarting|rejecting|failing|going|crashing|hanging
    keep{,s} ?on disconnecting|timing|bouncing|flapping|returning|throwing|resetting|dying|refusing|coming|showing
    kept ?on getting|seeing|losing|closing|dropping|failing|crashing|disconnecting
    stopped|ceased responding|answering|earning|to *
    stopped routing|forwarding|working|syncing|accepting|connecting|sending|receiving|updating|showing|getting|seeing
    stop{,s} working|responding|routing|forwarding|syncing|at|after
    refuses|refused|refusing|declines to
    lost|losing|loses ... peers|connection{,s}|connectivity|sync|channels|sats|funds|contact|forwards
    zero|0 routing|forwards|payments|traffic|income|htlcs
    everything|it|all|they worked yesterday|before|fine|last|until
    lost|losing ?the|my|all|its|half|touch|contact connection{,s}|contact|access|sync|of|with|sats|funds|peers|channels
    died|dies|dying|crapped|bricked|nuked|borked
    go{es,} ?back dark|silent|quiet|dead|down|offline|missing|up_and_down
    fell|falls|falling over|apart|off|back|silent|asleep
    gave|gives|giving up
    sluggish|laggy|lagging|crawl{s,ing}|overheat~|leak{s,ing}|hacked|stolen|stranded|wiped|desync~|bounc{es,ing}|
        intermittent{,ly}|sporadic{,ally}|randomly
    takes|took|taking ?me forever|ages|hours|minutes|days|an_eternity|too_long|so_long|too_much_time
    stays|remains|sits|stuck|sitting|staying at *
    on its own
    by itself|themselves
    warning{,s}|alarm{,s}|fatal|exception|mismatch|unexpected|abort{s,ed,ing}|killed|terminated|forbidden|unauthorized
    not|never|hasn_t|haven_t been|yet credited|confirmed|received|arrived|returned|refunded
    sudden|sharp|unexplained|unexpected|strange|weird|abrupt drop|fall|decrease|decline|loss|stop|disconnection{,s}|
        closure{,s}|close|behavio{r,ur}|crash
    choke{s,d}|limbo|boot_loop|bootloop|restart_loop|in_a_loop|won_t_budge|struggl{e,es,ing}|no_luck|to_no_avail|
        zombie{,s}|wtf|fubar|dead_in_the_water|brick
    stays|remains|sits|sitting|still|been|is|are|stuck pending|waiting|unconfirmed|processing|in_flight|unsettled|
        opening|closing|inflight
    get_rid_of|pending_forever|disk_full|high_cpu|100_cpu|memory_leak|out_of_disk
    went ?completely|totally dark|silent|quiet|dead|down|offline|missing|crazy|inactive|to_zero|bad|blank
    drop{ped,s} ?off ?the to_zero|offline|map|out|connection{,s}|dead|by_half|sharply|off|to_nothing|to_0|like
    """,
)
NEGATION = family(  # what once worked does not
    3,
    """
    won_t|wont|can_t|cant|cannot|couldn_t|can_not|could_not|can_no_longer !<decide>
    doesn_t|doesnt|does_not|didn_t|did_not|don_t|do_not|dont ?even ?seem|want|appear ?to <function>
    isn_t|aren_t|is_not|are_not|hasn_t|haven_t|has_not|have_not|not|never|no_one|nobody ?been|even|really <function>
    not ... anymore|any_more|any_longer
    <not> ... anymore|any_more|any_longer
    no_longer
    never work{s,ed}|succeed{s,ed}|get{s,}|got|arrive{s,d}|complete{s,d}|finish{es,ed}|confirm{s,ed}|reach{es,ed}|
        return{s,ed}
    nothing work{s,ed}|moves|happens|happened|gets|goes|went|comes|came|routes|routed|seems|helps|is_moving|is_coming
    nobody|none|no_one|everything|every ?of ?my ?peers|channels|payments can|could|will|is_able|comes_back|fails|
        is_failing
    no|zero|not_a_single|hardly_any|barely_any ?more|successful|new|incoming forward{,s}|routing|traffic|payment{,s}|
        event{,s} ?at_all for|in|since|today|anymore
    no|zero|not_a_single forward{,s}|payment{,s}|htlc{,s}|routing|traffic comes|goes|gets|went|came|made|is|has|$
    """,
)
STATE = family(  # what one's own is said to be
    3,
    """
    is|are|s|was|been|be|looks|seems|appears|still|suddenly|got|all|shows|marked|shown|showing|say|says ?up ?as|
        completely|all|still|now|again|suddenly|permanently dead|down|offline|inactive|missing|gone|lost|locked|
        invisible|out_of_sync|stalled|disabled|messed|screwed|unreachable|flaky|acting_up|acting|misbehaving|dying|
        failing|rejected|refused|denied|unconfirmed|not_found
    balance|wallet|node|channel{,s}|capacity|it show{s,ing}|read{s,ing}|display{s,ing} ?as 0|zero|nothing|empty|
        negative|wrong
    out_of_sync|not_synced|acting ?* up|weird|strange|funny|odd
    playing_up
    <own> <thing> down|dead|offline|gone|missing $
    """,
)
ONSET = family(  # when or how suddenly it began
    3,
    """
    all_of_a_sudden|suddenly|out_of_nowhere|out_of_the_blue|from_one_day_to_the_next|from_one_minute_to_the_next
    for no|some ?apparent|obvious|good|unknown|weird|clear reason
    without ?any warning|reason|explanation|notice|apparent
    no|any idea{,s}|clue{,s} why|what_happened|what_is|what_s|what_went|what_could
    used_to work|forward|route|be_fine|be_ok|connect|earn
    was|were|worked|ran|been working|fine|perfectly|ok until|before|yesterday|last|for
    worked|working fine|perfectly|ok|great
    until yesterday|last|this_morning|recently|the_update|i_updated|i_upgraded
    since|after ?the|my|an|a|i|we|our ?last|latest|recent|power|system|upgrading|lnd|cln upgrade{,d,s}|update{,d,s}|
        reboot{,ed,ing}|restart{,ed,ing}|restore{,d}|restoring|upgrading|updating|migrat~|outage|crash|cut|changed|
        moved|moving
    """,
)
SINCE = family(
    2,
    """
    since yesterday|this|last|the|my|i|we|monday|tuesday|wednesday|thursday|friday|saturday|sunday|a|about|around|*_days
    """,
)
MESSAGE = family(  # a piece of a message or of a log
    3,
    """
    errorcode
    temporary channel|node failure
    unknown next peer
    fee|balance|funds insufficient
    insufficient balance|funds|fee|local|capacity|liquidity|outbound|inbound
    no route|routes|path ?was|could ?be|found
    route not found
    connection{,s} ?was|is|has|got|gets|attempt refused|reset|lost|dropped|dead|closed|denied|timed|keeps
    permission denied
    wrong|invalid|bad passphrase|password|macaroon|signature|credentials
    context deadline
    i_o|eof|handshake timeout|error|failed
    out_of_memory|oom|disk_full|no_space
    get{s,ting}|got|was|were|been|are|is|being rejected|denied|refused|force_closed|kicked|banned|disconnected|dropped|
        cut
    reject{s,ed} my|our|me|by|it|every|all|the
    force_close{d,s} ?on my|our|me|us|overnight|itself|by|without
    return{s,ed,ing}|throw{s,ing}|spit{s,ting}|complain{s,ing}|logs_say|log_says|logs_show|log_shows
    log{,s} ?file ?keeps|keep|are|is full|say{s,ing}|show{s,ing}|fill{s,ing}|print{s,ing}|spam{s,ming,med}
    exit{s,ed} with|right|immediately|code
    get|getting|got|gets|see|seeing|says|shows|keeps_saying ... failure|insufficient|unknown|timeout|invalid|denied|
        rejected
    """,
)
WRONG = family(  # what it may be
    3,
    """
    <what_is> wrong|broken|off
    is|are it|this|that|they ?really ?even|still ?supposed normal|to_be_like_this|expected
    what|how|who could|can|would|might|do ?you explain{,s}|be_behind|be_responsible
    is_it_normal|is_this_normal|is_that_normal|isn_t_it_strange
    what|what_s|what_is|whats causing|the_cause|the_matter|the_problem|blocking|preventing|behind_this|happening_here|
        going_on_here
    what could|can|might|would cause|be_causing|be_wrong|be_the_cause|prevent
    what happened|broke|gives|the_hell|the_heck ?here|there|to_my|to_our|$
    """,
    technical=4,
    quick=4,
)
TOLD = family(  # a plain statement of what one's own does: few tell it unless it is amiss
    2,
    """
    ^ <own>|the|one_of_my|some_of_my|all_my|every|a ?* <thing> ?* ?* ?* !is|was|has|needs|channels|sats|fees|peers|
        earns ~ed|~s|get|go|come|show|say
    ^ it|they|lnd|cln|lncli|tor|bos|thunderhub|lndg|rtl|umbrel ?just|only|always|then says|say|shows|show|tells|told|
        keeps|goes|went|gives|gave|does|did|ends|returns|displays|claims *
    """,
)
CRY = family(  # the fault by its name, or a call for help
    3,
    """
    what|something|what_s|things ?has|have|possibly|s|could|might went|gone|go|goes|going|is|be wrong|off|broken
    something_s|something_is|somethings|smth ?really|seriously ?not wrong|off|broken|fishy|right
    not right|normal $
    is|looks|s|seems ?it|this|that ?a|not normal|weird|strange|odd|off|suspicious|fishy $
    what_happened|what_broke|what_gives|what_the_hell|what_s_up_with_this|wtf
    what_s|what_is|whats going_on|happening $
    what caused|broke|killed|went
    how ?do|can|to ?i fix|repair|unstick|unblock|rescue|debug|troubleshoot|get_it_back|resolve|solve
    fix|repair|rescue my|our|this|it|the
    ^ help|sos $
    any|some|need|your|please help $
    please_help|need_help|stuck_here
    every|each|whenever|as_soon_as ?time i|we
    when|whenever|if i try|want|attempt to
    i_try|i_tried|i_m_trying|tried|trying|attempts|attempt|attempting to|everything
    already ?tried restarted|rebooted|reinstalled|restarting|rebooting|everything
    what|where ?should|do|can|to i check|look|start_looking|begin_looking first|$
    recover|get my|the ?* ?* back|sats|funds|channels|coins|money
    having|have|got|had|has|with|ran_into ?an|some|a|serious|weird|strange issue{,s}|hiccup{,s}
    this|the|same|weird|strange|any issue
    issue{,s} with|since|connecting|syncing|opening|closing|after
    should_i_worry|should_i_be_worried|am_i_being_attacked|root_cause|dig_into_why
    """,
)
WHY_MINE = family(  # why one's own thing does so; without "need" or "by default" it is a complaint
    3,
    """
    ^ why|how_come $
    why is|are|was|were|do|does|did|has|have|would|had|s ?all|some|one|half|most|none|so_many ?of my|our|this|it|
        these !<neutral>
    why is|are|does|do|did|has|have|would nobody|nothing|no_one|everybody|everyone|everything|every
    why am|did|do|can|have|was i|we !need|have_to|pay_for
    why isn_t|aren_t|doesn_t|don_t|can_t|won_t|didn_t|hasn_t|wasn_t|haven_t ?the !need|people
    how_come my|our|i|we|this|it|nobody|nothing|the
    """,
    technical=3,
)
WEAK = words(
    2,
    """
    disconnect{s,ed,ing}|disconnection{,s}
    offline
    refused
    pending|disabled|greyed_out|grayed_out|greyed|in_red|red_dot
    eating|hogging|using|maxing all|my|up|out
    ram|memory|cpu|disk_space|swapping
    fell|fallen|falling|fall off|through|short|behind|to
    for hours|days|weeks|several_days|two_days|three_days|two_hours|three_hours|a_week|a_day|ages|*_days|*_hours
    again $
    although|even_though|though|yet|despite|whenever|instead_of|but_now|except_that|even_when
    but !what|how|should|i_want|i_d_like|i_don_t_know i|it|nothing|they|no|still|not|the|my ...
    not enough|sufficient balance|liquidity|funds|capacity|space|memory|local
    lack|absence|loss of
    second|third|fourth|fifth|umpteenth time|crash
    find_out|figure_out|see|understand why $
    <own> <thing> ... again|still $
    every ... minutes|hour|hours|time|night $
    again_and_again|over_and_over|constantly|repeatedly|all_the_time|endlessly|forever
    """,
)

TROUBLESHOOTING = (
    *LISTED,
    ENDING,
    NEGATION,
    STATE,
    ONSET,
    SINCE,
    MESSAGE,
    WRONG,
    TOLD,
    CRY,
    WHY_MINE,
    *WEAK,
)
