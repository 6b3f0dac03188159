import { describe, expect, it } from "vitest";
import {
  type AddressComparison,
  type AddressInput,
  compareAddresses,
} from "@/lib/identity/address";

/**
 * Addresses as people type them, written by hand and apart from the generator of made-up places.
 * One text is an address: `line 1 // line 2 | suburb | city | code`.
 */

type Row = [text: string, ...others: string[]];

function read(text: string): AddressInput {
  const [lines = "", suburb, city, code] = text.split("|").map((part) => part.trim());
  const [line1 = "", line2 = null] = lines.split("//").map((part) => part.trim());
  return {
    line1,
    line2,
    suburb: suburb || null,
    city: city || null,
    postal_code: code || "7700",
  };
}

/** Texts without a place of their own lie in Rondebosch. */
const place = (text: string): string =>
  text.includes("|") ? text : `${text} | Rondebosch | Cape Town | 7700`;

const compare = (a: string, b: string): AddressComparison =>
  compareAddresses(read(place(a)), read(place(b)));

const SAME: Row[] = [
  // Street words and their short forms.
  ["14 Kloof Street", "14 Kloof St", "14 kloof str.", "14, KLOOF STR", "Kloof Street 14"],
  ["Kloofstraat 14", "14 Kloof straat", "Kloofstr. 14", "14 KloofStraat", "14 KloofStr"],
  ["12 Protea Avenue", "12 ProteaAve", "12 Protea Av.", "Protealaan 12"],
  ["45 Voortrekker Road", "Voortrekkerweg 45", "45 Voortrekker rd", "45 VoortrekkerRd"],
  [
    "12 Main Road",
    "12Main Road",
    "12 Main Rd.",
    "12 Main  Road ,",
    "No.12 Main Road",
    "#12 Main Rd",
  ],
  ["8 Bergzicht Crescent", "8 Bergzicht Cres", "Bergzicht Singel 8", "8 Bergzicht Cresc."],
  ["19 Ocean View Drive", "19 Oceanview Dr", "Oceanview Rylaan 19", "19 Ocean-View Drv"],
  ["3 Kerk Street East", "Kerkstraat-Oos 3", "Kerkstraat Oos 3", "3 Kerk Str East"],
  ["6 St. Andrew's Road", "6 St Andrews Rd", "6 Saint Andrew’s Road", "St Andrews Rd 6"],
  ["7 Sir Lowry Road", "Sir Lowryweg 7", "7 Sir Lowry Rd"],
  ["5 Mount Nelson Avenue", "5 Mt Nelson Ave", "5 Mt. Nelson Av"],
  // Initials in names.
  ["12 D.F. Malan Drive", "12 DF Malan Dr", "12 D F Malan Drive", "D.F. Malanrylaan 12"],
  ["30 C.R. Swart Road", "30 CR Swart Rd", "C R Swartweg 30"],
  ["9 J.B. Marks Street", "9 JB Marks St", "9, J B Marks Street"],
  // Ordinals.
  [
    "33 4th Avenue",
    "33 Fourth Ave",
    "Vierde Laan 33",
    "33 4de Laan",
    "33 Vierdelaan",
    "33 - 4th Avenue",
  ],
  ["34 11th Avenue", "34 Eleventh Ave", "Elfde Laan 34", "34 // 11th Avenue"],
  ["9 12th Street", "9 Twelfth Street", "9 12 th St", "Twaalfde Straat 9"],
  ["9 1st Road", "9 First Rd", "Eerste Weg 9", "9 1ste Weg"],
  // Letters and ranges of house numbers.
  ["12B Main Road", "12 B Main Road", "12b, Main Rd", "12-B Main Road", "12/B Main Road"],
  ["10-12 Loop Street", "10 - 12 Loop St", "10–12 Loop Street", "10 & 12 Loop Street"],
  // Units before and behind.
  ["Unit 2, 5 Ridge Road", "5 Ridge Rd (Unit 2)", "5 Ridge Road - Unit 2", "5 Ridge Road unit 2"],
  ["5 Ridge Road, Unit no 2", "5 Ridge Rd; Unit #2", "Unit 2 @ 5 Ridge Road", "2/5 Ridge Road"],
  [
    "Ridge Rd No 5, Flat 2",
    "Flat no. 2, 5 Ridge Rd",
    "Woonstel 2, Ridgeweg 5",
    "Flat 02 5 Ridge Road",
  ],
  ["Unit 2 5 Ridge Road Rondebosch", "5 Ridge Road // Unit 2", "Unit 2 // 5 Ridge Road"],
  ["Flat B, 5 Ridge Road", "5 Ridge Road Flat B", "Flat B 5 Ridge Rd", "5 Ridge Rd, Woonstel B"],
  [
    "Flat 12A, 5 Rose Street",
    "Flat 12 A, 5 Rose Str",
    "12A/5 Rose Street",
    "Rosestraat 5, Woonstel 12A",
  ],
  ["Apt 302, 1 Kloof Street", "Apartment 302 1 Kloof St", "Kloof Street 1, Apt. 302"],
  ["Door 4, 88 Long Street", "88 Long Street Door 4", "Deur 4, Longstraat 88"],
  ["Loft 5, 10 Mill Street", "10 Mill Street, Loft 5", "Unit 5, 10 Mill St"],
  ["Chalet 5, 10 Mill Street", "10 Mill St, chalet 5"],
  ["Flatlet 2, 12 Main Road", "12 Main Road flatlet 2", "12 Main Rd, Flatlet no 2"],
  ["Room 12, 3 Victoria Street", "Kamer 12, Victoriastraat 3", "3 Victoria St Room 12"],
  // Complexes.
  [
    "Flat 7, Kloof Mansions, 14 Kloof Street",
    "7 Kloof Mansions 14 Kloof Str",
    "14 Kloof Street, Kloof Mansions 7",
  ],
  [
    "Unit 12, Die Eike, 45 Voortrekker Road",
    "12 Die Eike, Voortrekkerweg 45",
    "Die Eike 12, 45 Voortrekker Rd",
  ],
  [
    "302 The Paragon, 1 Kloof Street",
    "Apartment 302, Paragon, 1 Kloof St",
    "1 Kloof St, The Paragon, 302",
  ],
  [
    "Unit 14 Sunny Gardens, 12 Main Road",
    "14 Sunny Gdns, 12 Main Rd",
    "Sunny Gardens 14, 12 Main Road",
  ],
  [
    "Unit 14 Sunny Heights, 12 Main Road",
    "14 Sunny Hts 12 Main Rd",
    "12 Main Road, 14 Sunny Heights",
  ],
  ["Unit 14, Sunny Mansions, 12 Main Road", "14 Sunny Mans, 12 Main Rd"],
  ["Unit 14, Kosmos Village, 12 Main Road", "14 Kosmos Vlg, 12 Main Rd"],
  [
    "Unit 14, SS Sunny Court, 12 Main Road",
    "14 Sunny Crt 12 Main Road",
    "Sunnycourt 14, 12 Main Rd",
  ],
  [
    "4 The Oaks, Oak Avenue",
    "Unit 4, The Oaks, Oak Ave",
    "The Oaks unit 4 Oak Avenue",
    "Oak Avenue, The Oaks 4",
  ],
  ["2 Ridge View, 5 Ridge Road", "Unit 2, Ridge View, 5 Ridge Rd", "Ridgeview 2, 5 Ridge Road"],
  ["4 Huis Marais, 12 Van Riebeeck Street", "Unit 4 Huis Marais, Van Riebeeckstraat 12"],
  [
    "Kamer 12, Huis Vergeet-my-nie, Victoriastraat 3",
    "Room 12 Huis Vergeet My Nie, 3 Victoria Street",
  ],
  [
    "Cottage 34, Evergreen Village, 12 Main Road",
    "34 Evergreen Village, 12 Main Rd",
    "Kothuis 34, Evergreen Village, 12 Main Road",
  ],
  [
    "House 8, Oak Estate, 12 Main Road",
    "8 Oak Estate, 12 Main Road",
    "Huis 8, Oak Estate, Main Road 12",
  ],
  [
    "Unit 34 Pecanwood Estate | Hartbeespoort | Hartbeespoort | 0216",
    "34 Pecanwood Estate | | Hartbeespoort | 216",
  ],
  // Blocks, towers and floors.
  [
    "Block C Unit 3, 12 Main Road",
    "C Block, Unit 3, 12 Main Road",
    "Unit 3, C Block, 12 Main Rd",
    "C3, 12 Main Road",
  ],
  [
    "No 3 Block C, Sunny Court, 12 Main Road",
    "Block C no. 3 Sunny Court 12 Main Road",
    "Unit C3 Sunny Court, 12 Main Road",
  ],
  ["12 Main Road, Unit 3, Blok C", "Blok C nommer 3, Mainweg 12", "Unit C-3, 12 Main Road"],
  [
    "1204 Tower A, 12 Main Road",
    "Tower A 1204, 12 Main Road",
    "Apartment 1204, Tower A, 12 Main Rd",
  ],
  [
    "Unit 12, Building 4, 12 Main Road",
    "Bldg 4 Unit 12, 12 Main Road",
    "Gebou 4, Eenheid 12, Mainweg 12",
  ],
  [
    "Ground Floor, 12 Main Road",
    "GF, 12 Main Rd",
    "Grondvloer, Mainweg 12",
    "12 Main Road, ground floor",
  ],
  [
    "First Floor, Unit 4, 12 Main Road",
    "Unit 4, 1st floor, 12 Main Rd",
    "Eerste verdieping, Eenheid 4, 12 Main Road",
  ],
  [
    "Unit 5 Phase 2 Sunny Court, 12 Main Road",
    "5 Sunny Court Phase 2, 12 Main Road",
    "Eenheid 5, Fase 2, Sunny Court, 12 Main Road",
  ],
  ["Unit 12, 2nd floor, 12 Main Road", "Unit 12, 12 Main Road"],
  // Homes behind and above.
  [
    "Cottage, 5 Rose Street",
    "5 Rose Street (cottage)",
    "The Cottage 5 Rose St",
    "Cottage at 5 Rose Street",
    "Kothuis, Rosestraat 5",
  ],
  ["Granny flat, 5 Rose Street", "5 Rose Street granny flat", "Granny flat at 5 Rose St"],
  [
    "5 Rose Street",
    "Main House, 5 Rose Street",
    "5 Rose Street, main house",
    "Hoofhuis, Rosestraat 5",
  ],
  // Townships, plots and farms.
  [
    "Stand 1234, Ext 5 | Soshanguve | Pretoria | 0152",
    "1234 Extension 5 | Soshanguve | Pretoria | 152",
    "Erf 1234 Uitbreiding 5 | Soshanguve | Pretoria | 0152",
  ],
  [
    "1234 Block H | Soshanguve | Pretoria | 0152",
    "Stand 1234 Block H | Soshanguve | | 0152",
    "Block H, 1234 | Soshanguve | Pretoria | 0152",
  ],
  [
    "12 NY 101 | Gugulethu | Cape Town | 7750",
    "NY 101 No 12 | Gugulethu | Cape Town | 7750",
    "NY101, 12 | Gugulethu | Cape Town | 7750",
    "12 N.Y. 101 | Gugulethu | Cape Town | 7750",
  ],
  [
    "12 Road 706 | Chatsworth | Durban | 4092",
    "House 12, Road 706 | Chatsworth | Durban | 4092",
    "Road 706, House 12 | Chatsworth | Durban | 4092",
    "12 Rd 706 | Chatsworth | Durban | 4092",
  ],
  [
    "45 Site C | Khayelitsha | Cape Town | 7784",
    "Site C 45 | Khayelitsha | Cape Town | 7784",
    "Site C, No 45 | Khayelitsha | Cape Town | 7784",
  ],
  [
    "Plot 23 Kameeldrift | | Pretoria | 0035",
    "Hoewe 23, Kameeldrift | | Pretoria | 0035",
    "Plot 23 | Kameeldrift | Pretoria | 0035",
  ],
  [
    "Farm Doornkloof 391 | | Irene | 0157",
    "Plaas Doornkloof 391 | | Irene | 0157",
    "Doornkloof Farm 391 | | Irene | 0157",
  ],
  [
    "Portion 5, Plot 45 | Rietfontein | Pretoria | 0084",
    "Plot 45 Portion 5 | Rietfontein | Pretoria | 0084",
    "Gedeelte 5, Hoewe 45 | Rietfontein | Pretoria | 0084",
    "Ptn 5 Plot 45 | Rietfontein | Pretoria | 0084",
  ],
  [
    "Corner of Main Road and Church Street",
    "Cnr Church St & Main Rd",
    "c/o Main Rd and Church St",
    "Hoek van Mainweg en Churchstraat",
  ],
  [
    "12 Main Road",
    "12 Main Road cnr Church Street",
    "12 Main Road, corner of Church Street",
    "12 Main Road c/o Church St",
  ],
  // Suburb, town, province and code on the street line.
  [
    "1 Protea Road | Claremont | Cape Town | 7708",
    "1 Protea Rd, Claremont, 7708 | | Cape Town | 7708",
    "1 Protea Road Claremont Cape Town 7708 | | | 7708",
    "1 Protea Rd,Claremont,Cape Town,7708 | | | 7708",
  ],
  [
    "1 Protea Road | Claremont | Cape Town | 7708",
    "1 Protea Road Claremont Cape Town Western Cape 7708 South Africa | | | 7708",
    "1 Protea Road // Claremont, 7708 | | Cape Town | 7708",
  ],
  [
    "1 Protea Road | Claremont, Cape Town | | 7708",
    "1 Protea Road | Claremont 7708 | Cape Town, Western Cape | 7708",
    "1 Protea Road | CLAREMONT | Kaapstad | 7708",
  ],
  [
    "11 Dorp Street | | Stellenbosch | 7600",
    "11 Dorp st STELLENBOSCH 7600 | | Stellenbosch | 7600",
    "Dorpstraat 11 | Stellenbosch Central | Stellenbosch | 7600",
    "Dorpstr 11 | Stellenbosch | Stellenbosch | 7600",
  ],
  ["14 Kloofstraat | Tuine | Kaapstad | 8001", "14 Kloof Street | Gardens | Cape Town | 8001"],
  [
    "5 Rose Street | Bo-Kaap | Cape Town | 8001",
    "5 Rose Street | Bo Kaap | Cape Town | 8001",
    "5 Rose St, Bokaap | | Cape Town | 8001",
  ],
  [
    "4 Bright Street | | Somerset West | 7130",
    "Brightstraat 4 | | Somerset-Wes | 7130",
    "4 Bright St | Somerset West | Cape Town | 7130",
  ],
  [
    "4 Golf Course Drive | Mt Edgecombe | Durban | 4302",
    "4 Golf Course Dr | Mount Edgecombe | | 4302",
  ],
  [
    "8 Oak Avenue | Ferndale | Randburg | 2194",
    "8 Oak Ave | | Randburg | 2194",
    "8 Oak Avenue, Ferndale | Randburg | Johannesburg | 2194",
  ],
  ["3 Rivonia Road | Morningside | Sandton | 2196", "3 Rivonia Rd | Sandton | Johannesburg | 2196"],
  ["3 Hatfield Street | Hatfield | Pretoria | 0083", "3 Hatfield St | Hatfield | Pta | 83"],
  [
    "12 O'Reilly Merry Street | Berea | Johannesburg | 2198",
    "12 OReilly Merry St | Berea | Jhb | 2198",
    "12 O’Reilly-Merry Str | Berea | | 2198",
  ],
  // What people add for the driver.
  [
    "12 Main Road",
    "12 Main Road tel 082 123 4567",
    "12 Main Road 0821234567",
    "12 Main Road (white gate)",
    "12 Main Road, press 45 at the intercom",
  ],
  [
    "12 Main Road",
    "12 Main Road; gate code 1234#",
    "12 Main Road next door to the KFC",
    "12 Main\tRoad\u00a0",
    "12 Main Road \u{1f3e0}",
  ],
  // More ways to say the same.
  [
    "Unit 7 Villa Toscana, 18 Bram Fischer Drive | Ferndale | Randburg | 2194",
    "7 Villa Toscana, Bram Fischer Dr 18 | Ferndale | Randburg | 2194",
    "18 Bram Fischer Drive, Villa Toscana No 7 | Ferndale | Randburg | 2194",
  ],
  [
    "Unit 9, Block 2, The William, 10 Broadacres Drive | Fourways | Sandton | 2191",
    "The William Block 2 Unit 9, 10 Broadacres Dr | Fourways | Sandton | 2191",
    "9 Block 2 The William 10 Broadacres Drive | Fourways | Sandton | 2191",
  ],
  [
    "Eenheid 4, Tierberg Sentrum, Durbanweg 12 | Bellville | | 7530",
    "Unit 4, Tierberg Centre, 12 Durban Road | Bellville | Cape Town | 7530",
  ],
  [
    "22A 10th Street | Orange Grove | Johannesburg | 2192",
    "22 A Tenth St | Orange Grove | Jhb | 2192",
    "Tiende Straat 22A | Orange Grove | Johannesburg | 2192",
  ],
  [
    "101 Sea Point Towers, 5 Beach Road | Sea Point | Cape Town | 8005",
    "Flat 101 Sea Point Towers 5 Beach Rd | Seapoint | Cape Town | 8005",
    "5 Beach Road // 101 Sea Point Towers | Sea Point | Cape Town | 8005",
  ],
  ["6 Kingfisher Close", "6 Kingfisher Cl", "Kingfisherslot 6", "Kingfisher Slot 6"],
  ["6 Loerie Circle", "Loeriesirkel 6", "6 Loerie Cir", "Loerie Sirkel 6"],
  [
    "17 President Steyn Street",
    "17 Pres. Steyn St",
    "President Steynstraat 17",
    "Pres Steynstr 17",
  ],
  ["17 Generaal Hertzogweg", "Gen. Hertzog Road 17", "17 General Hertzog Rd"],
  ["3 Upper Maynard Street", "3 Upr Maynard St"],
  [
    "21 Fir Street, Flat 3",
    "Flat 3 Fir Street 21",
    "3/21 Fir St",
    "21 Fir St #3",
    "21 Fir Street apt 3",
  ],
  ["House no. 6, 21 Fir Street", "21 Fir Street, House no 6", "Huis 6, Firstraat 21"],
  [
    "House number 21 Fir Street",
    "21 Fir Street",
    "Street address: 21 Fir Street",
    "Huisnommer 21 Firstraat",
  ],
  ["Unit 5 (ground floor), 21 Fir Street", "5/21 Fir Street", "21 Fir Street unit 5 gf"],
  [
    "21 Fir Street | Upper Claremont | Cape Town | 7708",
    "21 Fir St | Claremont Upper | Cape Town | 7708",
  ],
  [
    "21 Fir Street | Observatory | Cape Town | 7925",
    "21 FIR STREET, OBSERVATORY, CAPE TOWN, 7925 | Observatory | Cape Town | 7925",
    "21 Fir street OBSERVATORY | OBSERVATORY | Cape Town WC | 7925",
  ],
  ["Lot 45, Main Road | Umdloti | Durban | 4350", "45 Main Road | Umdloti | Durban | 4350"],
  [
    "Suite 201, 2nd Floor, Mandela House, 33 Long Street | | Cape Town | 8001",
    "201 Mandela House 33 Long St | | Cape Town | 8001",
    "33 Long Street, Mandela House, Suite 201 | | Cape Town | 8001",
  ],
  [
    "Penthouse, 33 Long Street",
    "33 Long Street Penthouse",
    "PH, 33 Long St",
    "Dakwoonstel, Longstraat 33",
  ],
  [
    "Farm Rietvlei 102 | | Magaliesburg | 1791",
    "Rietvlei Plaas 102 | | Magaliesburg | 1791",
    "Rietvlei 102 | | Magaliesburg | 1791",
  ],
];

const NEAR: [string, string][] = [
  ["12 Jakkalsbessie Street", "12 Jakalsbessie Street"],
  ["12 Voortrekker Road", "12 Vootrekker Road"],
  ["12 Justice Mahomed Street", "12 Justice Mohamed St"],
  ["Kerkstraat 12", "12 Church Street"],
  ["Hoofweg 8", "8 Main Road"],
  ["12 Beyers Naudé Drive", "Dr Beyers Naude Drive 12"],
  ["12 Nelson Mandela Boulevard", "12 Mandela Blvd"],
  ["12 Kloof", "12 Kloof Street"],
  ["302 Paragon, 1 Kloof", "302 The Paragon, 1 Kloof Street"],
  ["Flat 4, Sunny Court", "Flat 4, Sunny Court, 12 Main Road"],
  ["4 Sunny Court, Main Road", "4 Sunny Court, 12 Main Road"],
  ["Unit 4, Die Eike, Voortrekkerweg", "Unit 4, Die Eike, 45 Voortrekker Road"],
  ["4 Pecanwood Estate", "4 Pecanwood"],
  ["5 Rose Street", "5 Rose Street, back cottage"],
  ["5 Rose Street", "5 Rose Street Rear"],
  ["5 Rose Street", "Granny flat, 5 Rose Street"],
  ["5 Rose Street", "Wendy house, 5 Rose Street"],
  ["5 Rose Street", "5 Rose Street, backyard"],
  ["5 Rose Street", "5A Rose Street"],
  ["5 Rose Street", "Flat 1, 5 Rose Street"],
  ["5 Rose Street", "5 Rose Street, upstairs"],
  ["5 Rose Street", "Erf 4512, 5 Rose Street"],
  ["Unit 4, 12 Main Road", "Unit 4B, 12 Main Road"],
  ["Block C Unit 3, 12 Main Road", "Unit 3, 12 Main Road"],
  ["10-12 Loop Street", "12 Loop Street"],
  ["3 Church Street East", "3 Church Street"],
  ["12 Main Road | Rondebosch | Cape Town | 7700", "12 Main Road | Mowbray | Cape Town | 7700"],
  ["1 Protea Road | Claremont | Cape Town | 7708", "1 Protea Road | Claremont | Cape Town | 7735"],
  [
    "1 Oxford Road | Rosebank | Johannesburg | 2196",
    "1 Oxford Road | Rosebank | Johannesburg | 2132",
  ],
  ["1 Protea Road | Claremont | Cape Town | 7708", "1 Protea Road | Claremont | Cape Town | 7780"],
  ["21 Firwood Street, Flat 3", "21 Furwood Street, Flat 3"],
  ["Sunnyside Heights 12, 8 Ridge Road", "Sunnyside Heights, 8 Ridge Road"],
  ["8 Ridge Road", "8 Ridge Road, room at the back"],
  ["8 Ridge Road", "8 Ridge Road, garden cottage"],
  ["8 Ridge Road", "Flat 2, 8 Ridge Road"],
  ["8A Ridge Road", "8 Ridge Road"],
  [
    "14 Kestrel Crescent | Sunningdale | Umhlanga | 4319",
    "14 Kestrel Cres, Sunningdale | Umhlanga Rocks | Durban | 4319",
  ],
  ["17 President Steyn Street", "17 Steyn Street"],
];

const DIFFERENT: [string, string][] = [
  ["Unit 1, Sunny Court, 12 Main Road", "Unit 11, Sunny Court, 12 Main Road"],
  ["Flat 101, 12 Main Road", "Flat 110, 12 Main Road"],
  ["Flat A, 12 Main Road", "Flat B, 12 Main Road"],
  ["12 Main Road Flat A", "12 Main Road Flat B"],
  ["Unit A1, 12 Main Road", "Unit A2, 12 Main Road"],
  ["Unit A1, 12 Main Road", "Unit B1, 12 Main Road"],
  ["A Block, Unit 3, 12 Main Road", "B Block, Unit 3, 12 Main Road"],
  ["3 A Block, 12 Main Road", "3 B Block, 12 Main Road"],
  ["Tower A 1204, 12 Main Road", "Tower B 1204, 12 Main Road"],
  ["Unit 12, 3 Main Road", "Unit 3, 12 Main Road"],
  ["1 Tenth Avenue", "10 First Avenue"],
  ["11 1st Avenue", "1 11th Avenue"],
  ["12 3rd Street", "12 33rd Street"],
  ["12 Main Street", "12 Main Road"],
  ["12 Protea Close", "12 Protea Crescent"],
  ["12 Upper Mill Street", "12 Lower Mill Street"],
  ["12 Main Road East", "12 Main Road West"],
  ["12 Main Road", "112 Main Road"],
  ["12 Main Road", "21 Main Road"],
  ["12A Main Road", "12B Main Road"],
  ["12-14 Main Road", "16-18 Main Road"],
  ["Villa Rosa, 12 Main Road", "Villa Bianca, 12 Main Road"],
  ["Rose Cottage, 12 Main Road", "Oak Cottage, 12 Main Road"],
  ["Cottage 1, 12 Main Road", "Cottage 2, 12 Main Road"],
  ["12 Main Road, Upstairs", "12 Main Road, Downstairs"],
  ["Front flat, 12 Main Road", "Back flat, 12 Main Road"],
  ["Left Flat, 12 Main Road", "Right Flat, 12 Main Road"],
  ["12 Main Road, Ground Floor", "12 Main Road, First Floor"],
  ["Unit 3, Stone Lodge, 12 Main Road", "Unit 3, Brick Lodge, 12 Main Road"],
  ["Unit 12 Phase 1 Greenacres", "Unit 12 Phase 2 Greenacres"],
  ["Room 12, Huis Marais, 3 Victoria Street", "Room 13, Huis Marais, 3 Victoria Street"],
  ["Room 12, Huis Marais, 3 Victoria Street", "Room 12, Huis Visser, 3 Victoria Street"],
  ["Unit 4, Sunny Court, Main Road", "Unit 5, Sunny Court, 12 Main Road"],
  ["4 Sunny Court, Main Road", "4 Rose Court, 12 Main Road"],
  ["1234 Section K | Mamelodi | Pretoria | 0122", "1234 Section L | Mamelodi | Pretoria | 0122"],
  ["1234 Zone 3 | Meadowlands | Soweto | 1852", "1234 Zone 4 | Meadowlands | Soweto | 1852"],
  ["1234B White City | Jabavu | Soweto | 1868", "1234C White City | Jabavu | Soweto | 1868"],
  ["12 NY 101 | Gugulethu | Cape Town | 7750", "12 NY 11 | Gugulethu | Cape Town | 7750"],
  ["12 NY 101 | Gugulethu | Cape Town | 7750", "101 NY 12 | Gugulethu | Cape Town | 7750"],
  ["12 Road 706 | Chatsworth | Durban | 4092", "12 Road 707 | Chatsworth | Durban | 4092"],
  ["12 Road 706 | Chatsworth | Durban | 4092", "706 Road 12 | Chatsworth | Durban | 4092"],
  ["45 Site B | Khayelitsha | Cape Town | 7784", "45 Site C | Khayelitsha | Cape Town | 7784"],
  [
    "Portion 3, Plot 45 | Rietfontein | Pretoria | 0084",
    "Portion 4, Plot 45 | Rietfontein | Pretoria | 0084",
  ],
  ["Farm Doornkloof 391 | | Irene | 0157", "Farm Doornkloof 392 | | Irene | 0157"],
  [
    "Stand 1234 Ext 5 | Soshanguve | Pretoria | 0152",
    "Stand 1234 Ext 6 | Soshanguve | Pretoria | 0152",
  ],
  ["Cnr Main Road and Church Street", "Cnr Main Road and Park Street"],
  ["8 Oak Avenue | Ferndale | Randburg | 2194", "8 Oak Avenue | Linden | Johannesburg | 2195"],
  [
    "1 Oxford Road | Rosebank | Johannesburg | 2196",
    "1 Oxford Road | Parktown | Johannesburg | 2193",
  ],
  ["12 Church Street | | Paarl | 7646", "12 Church Street | | Worcester | 6850"],
  ["12 Church Street | Central | Cape Town | 8001", "12 Church Street | Central | Gqeberha | 6001"],
  ["2 Ridge View, 5 Ridge Road", "3 Ridge View, 5 Ridge Road"],
  ["Unit 14 Sunny Gardens, 12 Main Road", "Unit 14 Sunny Heights, 12 Main Road"],
  ["12 D.F. Malan Drive", "12 C.R. Malan Drive"],
  ["Loft 5, 10 Mill Street", "Loft 6, 10 Mill Street"],
  ["Chalet 5, 10 Mill Street", "Chalet 6, 10 Mill Street"],
  ["101 Sea Point Towers, 5 Beach Road", "102 Sea Point Towers, 5 Beach Road"],
  ["101 North Towers, 5 Beach Road", "101 South Towers, 5 Beach Road"],
  ["1 Oak Street", "1 Oak Avenue"],
  ["1 Oak Street", "1 Elm Street"],
  ["12 6th Avenue", "12 7th Avenue"],
  ["12 Sixth Avenue", "12 Sixteenth Avenue"],
  ["Flat 1, 8 Ridge Road", "Flat 2, 8 Ridge Road"],
  ["Flat 1A, 8 Ridge Road", "Flat 1B, 8 Ridge Road"],
  ["1/8 Ridge Road", "2/8 Ridge Road"],
  ["Unit 8, Ridge Road", "Unit 9, Ridge Road"],
  ["Block 1 Unit 4, 8 Ridge Road", "Block 4 Unit 1, 8 Ridge Road"],
  ["Floor 1 Flat 4, 8 Ridge Road", "Floor 4 Flat 1, 8 Ridge Road"],
  ["Huis Silwerboom, Universiteitsweg 4", "Huis Dagbreek, Universiteitsweg 4"],
  ["12 Maple Close", "12 Maple Court"],
  ["Stand 45 | Kameeldrift | Pretoria | 0035", "Stand 46 | Kameeldrift | Pretoria | 0035"],
  ["Plot 23 Kameeldrift | | Pretoria | 0035", "Plot 23 Leeuwfontein | | Pretoria | 0035"],
  ["4 Kerk Street North", "4 Kerk Street South"],
  ["18 First Street", "1 Eighth Street"],
  ["C Block 3, 12 Main Road", "B Block 3, 12 Main Road"],
  ["Cottage 12, Evergreen Village, 3 Main Road", "Cottage 13, Evergreen Village, 3 Main Road"],
];

describe("addresses as people type them", () => {
  it.each(SAME)("%s", (first, ...others) => {
    const found = others.map((other) => [other, compare(first, other)]);
    expect(found).toEqual(others.map((other) => [other, { kind: "same" }]));
  });

  it.each(NEAR)("nearly the same: %s and %s", (a, b) => {
    expect(compare(a, b).kind).toBe("near");
    expect(compare(b, a)).toEqual(compare(a, b));
  });

  it.each(DIFFERENT)("two homes: %s and %s", (a, b) => {
    expect(compare(a, b).kind).toBe("different");
  });
});
