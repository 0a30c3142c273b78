"""Floor 1: ordinary English words that companies are named after: beside a cue a customer, else just a
word.
"""

from __future__ import annotations

from bot.rules.privacy.listed import listed

ORDINARY_WORDS: frozenset[str] = listed("""
    able access acorn acre active adapt advance affirm agile aim air alarm album alert alliance alloy alpha
    alpine amber amazon amplitude anchor angle ant apex apple arc arch arena arrow ascent asana ash aspect
    aspen asset aster atlas atom aura aurora autumn avenue away axis axiom badge balance bamboo band bank
    banner bar bark basic bay beacon beam bear bee bell bench benefit best beta beyond big bird bit black
    blade blend blink block bloom blossom blue board boat bold bolt bond book boost boulder bounce box brave
    branch brick bridge bright brilliant bronze brook bubble bud buffer bug build bumble cabin cable cactus
    calm camp canal candy canopy canvas canyon cap cape capital carbon card care cargo carrot carta carve
    cascade cascade case cash castle catalyst cedar cell center central century chain chalk champion change
    channel chapter charge chart chase chat checkers cherry chess chime chip choice chrome cinder circle
    circuit citizen city citrus clarity class clay clear cliff climate clip clock cloud clover club cluster
    coast cobalt coda code coin collective comet comfort common commons compass component concept concord
    connect console contact content context control convoy copper coral core cosmos cotton counter country
    cove craft crane create credit creek crest crew crimson cross crown cruise crystal cube culture current
    curve custom cut cypress daily dart dash data dawn day deal dear deck deep delta desk dew dial diamond
    digit digital direct discover discovery disney dock domain domino door dot double dove dream drift drive
    drop drum duck dune dynamic eagle ear earnest earth east easy echo eclipse edge egg eight elastic
    element elite elm ember emerald empire empower encore energy engine enterprise envoy epic equal equator
    equinox essential evergreen everlast everyday evolve exact example expanse expedition express extend
    fable fabric factor fair faire falcon fall family fast fathom feather field figure filter find fire
    first fit fleet flex flight flint float flock floor flow flower fluent fly focus force forest forge form
    formula fort fortress forward foundation fountain four fox frame free fresh friend front frontier frost
    fuel full fund fuse fusion future galaxy gap garden gate gem general genesis genius gentle giant gift
    glass globe glow goal gold good grace grain grand granite graph grass gravity great green grid grip
    ground group grove grow growth guard guardian guide guild gusto hammer hand happy harbor harbour harmony
    harness harvest haven hawk hazel head health heart heat hello helm herald heritage hero hex high hill
    hinge hippo hive hollow home honest honey hook hope hopper horizon horn house hub human humble hunter
    ice icon idea ideal image impact impulse indeed index indigo infinite infinity ink inside insight
    inspire instant integral interest intuition iris iron island ivory jade jet jewel join journey joy jump
    juniper just kernel key keystone kin kind king kite knight lab ladder lake lamp lance land lane lantern
    large lark laser latitude lattice launch laurel lava lead leaf league leap ledger legacy legend lemon
    lemonade lens level lever liberty life lift light lime limit linear link lion list little live load
    local lock locus loft logic long look loom loop lotus loyal lucid lucky lumen luna lunar lush lyric
    magic magnet magnolia main make mango map maple marble march mark market mars mask mass master match
    matrix matter maven maximum meadow medal medium mercury meridian merit mesa mesh metal meteor method
    metric metro micro midnight might mile mind mineral mint minute mirror mission mist mobile modal mode
    model modern moment momentum monarch monday monument moon morning mosaic moss motion motive mount
    mountain move native natural nature navigator near nest net neutral new next nexus night nimble nine
    noble node nomad north nothing notion nova novel number oak oasis object ocean octave oil olive omega
    omni one onyx opal open optimal option oracle orange orbit orchard orchid order organic origin oscar
    osprey otter outlook outreach over owl oxygen pace pacific pack page paint pair palace palm panda panel
    paper paradigm parallel park part partner pass patch path pattern pave peak pearl pebble peer pelican
    penguin people pepper perch perfect phoenix piano pilgrim pillar pilot pine pinnacle pioneer pipe pivot
    pixel place plaid plain plan plane planet plate platform play plaza plenty plot plum plus point polar
    pole polish pond pool pop poplar port portal post power practice prairie precision premier present press
    prime primer principal print prism pro process profile program progress progressive promise proof proper
    prospect provident public pulse pump pure purple puzzle pyramid quad quality quantum quarry quartz quest
    quick quill quilt quorum radar radian radiant radius rain rally ramp ranch range ranger rapid raven ray
    reach ready real realm red reef reflect reform refresh regal regent region relay relevant reliance
    remedy remote render renew republic resolve resonance resource rest result retool return revel
    revolution rhythm ribbon ridge right ring ripple rise river road robin robust rock rocket root rose
    rotary round route rover royal ruby rule run rush saber safe saga sage sail salmon salt same sand
    sapphire satellite scale scene scholar science scope score scout sea seal season second seed segment
    select sense sentinel sentry sequel sequence sequoia series serve service seven shade shadow shape share
    sharp shell shield shift shine ship shop shore short show side sierra sight sigma sign signal signet
    silk silver simple single six sketch sky slack slate sleek slice slide smart smile smooth snap snow
    snowflake social solar sole solid solo solution sonar sonic soul sound source south space span spark
    sparrow spectrum speed sphere spice spin spiral spire spirit splash splunk spoke sport spot sprig spring
    sprint sprout spruce spur square stable stack staff stage standard star stars start state static station
    steady steam steel stellar stem step steward still stitch stock stone storm story strand strata stream
    street stretch strike string stripe strive strong studio style sublime success sugar summit sun sunrise
    sunset super superb support sure surf surge swallow swan sweet swell swift switch symbol symphony sync
    synergy system table tablet tack tag tail talent talk tally tango tap target task taste teal team tempo
    ten tender tent terra terrace test text thin thing think third thread three thrift thrive thunder ticket
    tide tiger tile timber time tin titan toast today together token tomorrow tone tool top topaz torch
    total touch tower town trace track trade trail train transfer transform transit travel treasure tree
    trek trellis trend triangle tribe trident trillium trinity triple triumph true trust truth tulip tundra
    tune turn turtle twig twin twist two ultra umbrella uncommon under union unique unison unit united unity
    universal universe up upper uptake upward urban valiant valley value vanguard vapor vault vector
    velocity venture verge veritas verse vertex vertical vessel via vibe victory view village vine vintage
    virtual virtue vision visa vista vital vivid voice void volt voyage voyager wag walnut walk wall warm
    watch water wave way wealth weather web well west wharf wheel whisper white whole wide wild willow win
    wind window wing winter wire wise wish wolf wonder wood wool word work world worth wren yard yellow yes
    yield young zen zenith zephyr zero zest zinc zing zip zone zoom
    """)
