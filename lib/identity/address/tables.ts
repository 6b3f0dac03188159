/**
 * The words of addresses, English and Afrikaans, each with its other spellings. The first word of
 * an entry is the one that keys use. A change of an entry changes stored keys: raise
 * `ADDRESS_KEY_VERSION` with it.
 */

function index(table: Record<string, string>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(table).flatMap(([name, others]) =>
      [name, ...others.split(" ").filter(Boolean)].map((word): [string, string] => [word, name]),
    ),
  );
}

const setOf = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter(Boolean));

/** Words that only a street ends with. */
export const STREET_TYPES = index({
  street: "st str strt straat",
  road: "rd weg pad",
  avenue: "ave av aven avenu laan",
  drive: "dr drv rylaan ryln",
  lane: "ln steeg",
  crescent: "cres cresc crsc cr singel sngl",
  boulevard: "blvd boul boulevarde bvd",
  highway: "hwy hiway snelweg",
  parkway: "pkwy pky parkweg",
  way: "wy",
  alley: "aly",
});

/** Words that end the name of a street or of a complex. With a second street they are a complex. */
export const WEAK_STREET_TYPES = index({
  close: "cl clse slot",
  walk: "wlk",
  grove: "gr grv",
  circle: "cir circ crcl sirkel kring",
  link: "",
  loop: "",
  bend: "",
  rise: "",
  terrace: "tce terr ter terras",
  place: "pl plc oord",
  square: "sq sqr plein",
  mews: "",
  court: "ct crt hof",
});

/** The later in this list, the sooner a word is read as the end of a complex's name. */
export const WEAKNESS: readonly string[] = [...new Set(WEAK_STREET_TYPES.values())];

/** Street words that stand joined to the name: `Kerkstraat`, `Mainroad`. Longest first. */
export const JOINED_TYPES: readonly [string, string][] = [
  ["rylaan", "drive"],
  ["straat", "street"],
  ["street", "street"],
  ["avenue", "avenue"],
  ["singel", "crescent"],
  ["sirkel", "circle"],
  ["slot", "close"],
  ["steeg", "lane"],
  ["plein", "square"],
  ["laan", "avenue"],
  ["road", "road"],
  ["weg", "road"],
  ["str", "street"],
];
/** Short street words that stand joined to the name behind a capital letter: `ProteaAve`, `MainRd`. */
export const CAPITAL_TYPES = "Rd|St|Str|Ave|Av|Dr|Drv|Cres|Cresc|Ln|Cl|Blvd|Sq|Pl|Tce";
/** A number behind one of these is the name of the street: `12 Road 706`. */
export const NUMBERED_TYPES = setOf("road rd street avenue ave");

/** Words that end the name of a complex and never that of a street. */
export const COMPLEX_WORDS = setOf(`
  mansions mansion flats apartments apts heights gardens garden villas villa estate estates manor
  village lodge towers residence residences complex centre center house huis woonstelle kompleks
  landgoed sentrum mall plaza arcade chambers studios lofts cottages townhouses dunes building
  bldg gebou cluster clusters
`);

/** South African suburbs whose names read like those of complexes. */
export const COMPLEX_LIKE_SUBURBS = setOf(`
  dieboord diehoewes diewilgers diebult dierand thereeds thehill theorchards theglen thecrags
  lynnwoodmanor morningsidemanor houghtonestate universityestate waterkloofheights
  northcliffheights bedfordgardens victorygardens tokaiestate bergvlietestate parkestate
`);

export const UNIT_WORDS = setOf(`
  unit units flat apartment apartement appartement appartment apt appt suite ste door room shop
  office woonstel wst eenheid eenh kamer deur winkel kantoor studio villa duplex simplex townhouse
  portion ptn gedeelte ged
`);
/** Homes that are numbered in a complex, and stand alone behind a house: `Cottage 34`. */
export const NUMBERED_HOMES = setOf("cottage kothuis flatlet");
/** Parts of one property that have a name and no number. */
export const ANNEXES = index({
  rear: "back agter agterkant agterste backyard agterplaas yard",
  front: "voor voorkant voorste",
  cottage: "kothuis wendy",
  penthouse: "ph dakwoonstel",
  upstairs: "",
  downstairs: "",
  flatlet: "granny grannyflat",
});
/** What follows these in a part is a note to the driver or a name, and no address. */
export const NOTE_WORDS = setOf(
  "c/o p/a attn attention near nearby opposite opp beside behind naby oorkant langs intercom tel cell cel sel",
);
/** What follows one of these and a number is a note: `press 45 at the intercom`. */
export const NUMBERED_NOTES = setOf("press druk dial skakel code kode pin phone whatsapp");
/** Two streets meet: `Corner of Main Road and Church Street`. `c/o` is a note or a corner. */
export const CORNER_WORDS = setOf("cnr crn corner hoek c/o");
/** Notes of two words: `gate code 4512`, `next to the school`. */
export const NOTE_PAIRS = setOf("gate-code access-code next-to across-from care-of hek-kode");

/** Words beside an annex that do not make it the name of a complex: `Garden Cottage`. */
export const ANNEX_FILLERS = setOf("garden back rear granny the of at by flat house room kamer");

/** In front of a number these say nothing: `No 12 Main Road`, `House 12, The Oaks`. */
export const NUMBER_WORDS = setOf(
  "no nr num number nommer nos house huis hse stand erf plot hoewe perseel lot site",
);
/** In front of a number without a street, these stand before the name of the place. */
export const PLOT_WORDS = setOf("stand erf plot hoewe perseel lot");
export const BUILDING_WORDS = setOf(
  "block blok blk tower toring twr building bldg gebou wing vleuel phase fase",
);
/** A name beside one of these is a building of its own; beside another building word a complex. */
export const NAMED_BUILDING_WORDS = setOf("block blok blk tower toring twr wing vleuel");
export const FLOOR_WORDS = setOf("floor flr fl level lvl vloer verdieping vlak storey");
export const GROUND = setOf("ground grond");
export const GROUND_FLOORS = setOf("gf groundfloor grondvloer");
/** Parts of a township; beside a stand number without a street they tell places apart. */
export const SECTION_WORDS = index({
  ext: "extension uitbreiding uitbr xt",
  zone: "sone",
  section: "seksie",
  site: "",
});

/** Words that people write or leave out. */
export const FILLERS = setOf("and en the die of at ss");

/** Words in names, with their short forms and Afrikaans twins. */
export const NAME_WORDS = index({
  saint: "sint",
  doctor: "dokter",
  general: "gen genl generaal",
  president: "pres",
  professor: "prof",
  captain: "capt kapt kaptein",
  colonel: "col kol kolonel",
  commandant: "cmdt kmdt kommandant",
  admiral: "adm admiraal",
  advocate: "adv advokaat",
  reverend: "rev eerwaarde",
  major: "maj majoor",
  sergeant: "sgt sersant",
  mount: "mt",
  mountain: "mtn",
  fort: "ft",
  upper: "upr",
  lower: "lwr",
  north: "nth noord",
  south: "sth suid",
  east: "oos",
  west: "wes",
  central: "sentraal",
  gardens: "gdns gdn tuine",
  heights: "hts hgts hoogte",
  mansions: "mans",
  village: "vlg vill",
  estate: "est landgoed",
  apartments: "apts",
  flats: "woonstelle",
  towers: "twrs torings",
  centre: "ctr cntr center sentrum",
  complex: "cmplx kompleks",
  cottages: "kothuise",
  farm: "plaas",
  junior: "jnr jr",
  senior: "snr",
});
/** Short forms that are a title only in front of a name: elsewhere they are street words. */
export const TITLES: ReadonlyMap<string, string> = new Map([
  ["st", "saint"],
  ["dr", "doctor"],
]);
/** People write these before or behind the name of a suburb: `Upper Claremont`. */
export const PLACE_PARTS = setOf("upper lower north south east west central");
export const DIRECTIONS = setOf("north south east west");

const ENGLISH_ORDINALS = `first second third fourth fifth sixth seventh eighth ninth tenth eleventh
  twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth`;
const AFRIKAANS_ORDINALS = `eerste tweede derde vierde vyfde sesde sewende agtste negende tiende
  elfde twaalfde dertiende veertiende vyftiende sestiende sewentiende agtiende negentiende
  twintigste`;
const ENGLISH_NUMBERS = `one two three four five six seven eight nine ten eleven twelve thirteen
  fourteen fifteen sixteen seventeen eighteen nineteen twenty`;
const AFRIKAANS_NUMBERS = `een twee drie vier vyf ses sewe agt nege tien elf twaalf dertien
  veertien vyftien sestien sewentien agtien negentien twintig`;

const counted = (...lists: string[]): ReadonlyMap<string, number> =>
  new Map(
    lists.flatMap((list) => list.split(/\s+/).map((word, at): [string, number] => [word, at + 1])),
  );

/** `first` or `eerste` to its number, up to twenty. */
export const ORDINAL_WORDS = counted(ENGLISH_ORDINALS, AFRIKAANS_ORDINALS);
/** `one` or `een` to its number, up to twenty. */
export const NUMBER_NAMES = counted(ENGLISH_NUMBERS, AFRIKAANS_NUMBERS);
export const TENS: ReadonlyMap<string, number> = new Map([
  ["twenty", 20],
  ["thirty", 30],
  ["forty", 40],
  ["fifty", 50],
]);
export const ROMAN: ReadonlyMap<string, string> = new Map(
  "ii iii iv vi vii viii ix".split(" ").map((r, at) => [r, String([2, 3, 4, 6, 7, 8, 9][at])]),
);

/** Metropolitan names: they stand beside every suburb of their city and tell no two apart. */
export const METROS = setOf(`
  capetown kaapstad cpt johannesburg johannesburgsouth jhb jozi joburg jburg durban dbn ethekwini
  pretoria pta tshwane gqeberha portelizabeth pe nelsonmandelabay bloemfontein bfn mangaung
  eastlondon buffalocity ekurhuleni southafrica suidafrika rsa sa gauteng gp westerncape weskaap wc
  kwazulunatal kzn easterncape ec freestate fs limpopo mpumalanga mp northwest nw northerncape nc
`);

/** Streets that are signposted in both languages. Compared only when two addresses are near. */
export const TRANSLATIONS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    kerk: "church",
    hoof: "main",
    lang: "long",
    mark: "market",
    skool: "school",
    stasie: "station",
    bree: "broad",
    strand: "beach",
    koning: "king",
    koningin: "queen",
    kasteel: "castle",
    berg: "mountain",
    rivier: "river",
    eike: "oak",
    roos: "rose",
  }),
);
