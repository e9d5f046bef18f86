"""Countries with their cities, phone numbers that no one answers, and the names that people there go by.

`phone` is a valid national pattern; the digits after it come from a range that is unassigned or kept for fiction where
the country has one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A country as the sample workspace knows it."""

    code: str
    country: str
    language: str
    phone: str
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]


def _place(code: str, country: str, language: str, phone: str, *words: str) -> Place:
    cities, streets, first, last = (tuple(w.strip() for w in text.split(",")) for text in words)
    return Place(code, country, language, phone, cities, streets, first, last)


PLACES = (
    _place(
        "US",
        "United States",
        "English",
        "+1212555{:04d}",
        "Boston, Denver, Portland, Austin, Milwaukee, Raleigh, Tucson, Spokane",
        "Harbor Street, Alder Avenue, Mill Road, 4th Street, Canal Street, Orchard Lane",
        "Maya, Ethan, Grace, Logan, Naomi, Caleb, Simone, Victor, Tessa, Dominic, Paige, Malcolm, Renata, Wesley, Joyce",
        "Whitfield, Okonkwo, Delgado, Brandt, Hollis, Ferraro, Nakamura, Sutter, Prescott, Lindholm, Marsh, Abernathy, "
        "Castellano, Dunning, Farrow, Ridgeway, Kessler, Valdez",
    ),
    _place(
        "GB",
        "United Kingdom",
        "English",
        "+44207946{:04d}",
        "London, Bristol, Leeds, Glasgow, Cardiff, Norwich, Exeter, Sheffield",
        "Station Road, Quay Street, Kingsway, Tanner's Row, Canal Walk, Chapel Lane",
        "Amelia, Oliver, Imogen, Callum, Freya, Rhys, Harriet, Duncan, Priti, Alistair, Beth, Gareth, Nadine, Hugh, Zara",
        "Ashworth, Penrose, Macleod, Hargreaves, Quinn, Thackeray, Bexley, Ellison, Fairbank, Llewellyn, Pemberton, "
        "Rahman, Sinclair, Tregenza, Winslow, Barlow, Cotterill, Dyson",
    ),
    _place(
        "DE",
        "Germany",
        "German",
        "+493023125{:03d}",
        "Berlin, Hamburg, Leipzig, Bremen, Stuttgart, Mainz, Kassel",
        "Lindenallee, Hafenstraße, Am Markt, Gartenweg, Bahnhofstraße, Mühlenweg",
        "Jonas, Katharina, Lukas, Friederike, Matthias, Annika, Stefan, Greta, Tobias, Ulrike, Moritz, Svenja, Jürgen",
        "Vogel, Brückner, Hoffstedt, Kramer, Lindemann, Reinhardt, Seifert, Thalberg, Wendt, Zeller, Böhm, Engelhardt, "
        "Fuchs, Hartung, Krüger, Osterkamp",
    ),
    _place(
        "FR",
        "France",
        "French",
        "+3319900{:04d}",
        "Lyon, Nantes, Lille, Bordeaux, Rennes, Grenoble",
        "rue des Tanneurs, avenue Jean-Moulin, quai de la Gare, rue Pasteur, boulevard Carnot",
        "Renée, Mathis, Camille, Baptiste, Élodie, Thierry, Margaux, Rémi, Solène, Yannick, Clémence, Gaspard",
        "Duval, Lefèvre, Moreau, Chevallier, Garnier, Besson, Delacroix, Fontaine, Guérin, Marchand, Perrot, Roussel, "
        "Tessier, Vasseur, Aubry",
    ),
    _place(
        "NL",
        "Netherlands",
        "Dutch",
        "+31205{:06d}",
        "Utrecht, Rotterdam, Groningen, Eindhoven, Delft",
        "Havenstraat, Kerkweg, Prinsengracht, Molenpad, Dorpsstraat",
        "Sanne, Joris, Femke, Bram, Lotte, Thijs, Marieke, Ruben, Anouk, Daan, Willemijn, Sjoerd",
        "de Vries, van Dijk, Bakker, Hoekstra, Visser, Mulder, Postma, van Leeuwen, Kuipers, Dekker, Brouwer, Zijlstra",
    ),
    _place(
        "SE",
        "Sweden",
        "Swedish",
        "+4684650{:04d}",
        "Stockholm, Malmö, Uppsala, Örebro, Gothenburg",
        "Storgatan, Hamngatan, Björkvägen, Kungsgatan, Skeppsbron",
        "Maya, Johan, Ebba, Anders, Linnea, Gustav, Saga, Mikael, Astrid, Henrik, Tove, Nils",
        "Lindqvist, Öberg, Sandström, Hallberg, Nyström, Ekdahl, Forsberg, Wallin, Åkesson, Söderlund, Bergman, Lundin",
    ),
    _place(
        "NO",
        "Norway",
        "Norwegian",
        "+472225{:04d}",
        "Bergen, Oslo, Trondheim, Stavanger, Tromsø",
        "Strandgata, Kirkeveien, Havnegata, Skogveien, Torget",
        "Ingvild, Sondre, Kari, Magnus, Silje, Eirik, Solveig, Lars, Marit, Håkon, Tuva, Øyvind",
        "Hansen, Nordby, Fjeldstad, Haugen, Solheim, Bakke, Strand, Moen, Lie, Aasen, Brekke, Dahle",
    ),
    _place(
        "DK",
        "Denmark",
        "Danish",
        "+453319{:04d}",
        "Aarhus, Odense, Aalborg, Copenhagen, Esbjerg",
        "Havnegade, Nørregade, Skovvej, Vestergade, Bryggen",
        "Freja, Anders, Maja, Rasmus, Signe, Jeppe, Camilla, Søren, Ida, Mads, Kirsten, Emil",
        "Nygaard, Holm, Kjeldsen, Mortensen, Bruun, Dalgaard, Frandsen, Østergaard, Skov, Thygesen, Vestergaard, Lauritsen",
    ),
    _place(
        "EE",
        "Estonia",
        "Estonian",
        "+372605{:04d}",
        "Tartu, Tallinn, Pärnu, Narva",
        "Ülikooli, Sadama, Jaama, Lai, Kastani",
        "Kadri, Martin, Liis, Rasmus, Triin, Siim, Anneli, Taavi, Piret, Kristjan",
        "Tamm, Saar, Kask, Mägi, Sepp, Rebane, Põder, Lepik, Kuusk, Õunapuu",
    ),
    _place(
        "ES",
        "Spain",
        "Spanish",
        "+34910{:06d}",
        "Valencia, Bilbao, Seville, Zaragoza, Madrid",
        "calle Mayor, avenida del Puerto, calle del Sol, paseo de la Estación, calle Nueva",
        "Lucía, Álvaro, Carmen, Iker, Noelia, Joaquín, Begoña, Hugo, Pilar, Íñigo, Rocío, Sergio",
        "Navarro, Ibáñez, Serrano, Molina, Echeverría, Castaño, Fuentes, Peña, Robledo, Salgado, Villalba, Zamora",
    ),
    _place(
        "PT",
        "Portugal",
        "Portuguese",
        "+351210{:06d}",
        "Lisbon, Porto, Braga, Coimbra, Faro",
        "rua do Cais, avenida da República, rua das Flores, largo do Carmo",
        "Inês, Duarte, Beatriz, Tiago, Mafalda, Rui, Catarina, Nuno, Leonor, Vasco",
        "Carvalho, Figueiredo, Antunes, Sequeira, Pacheco, Teixeira, Moura, Valente, Sampaio, Brandão",
    ),
    _place(
        "IT",
        "Italy",
        "Italian",
        "+390655{:06d}",
        "Turin, Bologna, Verona, Genoa, Bari",
        "via Garibaldi, corso Vittoria, via del Porto, viale Europa, via Roma",
        "Chiara, Matteo, Ilaria, Davide, Federica, Lorenzo, Silvia, Nicolò, Elisa, Fabio, Ginevra, Pietro",
        "Moretti, Bellini, Gallo, Santoro, Rinaldi, Ferri, Lombardi, Marchetti, Pellegrini, Sartori, Vitale, Zanetti",
    ),
    _place(
        "PL",
        "Poland",
        "Polish",
        "+482255{:05d}",
        "Gdańsk, Kraków, Wrocław, Poznań, Łódź",
        "ulica Portowa, ulica Długa, aleja Lipowa, ulica Młyńska, Rynek",
        "Agnieszka, Paweł, Zofia, Michał, Katarzyna, Łukasz, Ewa, Tomasz, Małgorzata, Jakub",
        "Kowalczyk, Wiśniewska, Zieliński, Dąbrowski, Lewandowska, Szymański, Woźniak, Kaczmarek, Mazur, Grabowska",
    ),
    _place(
        "TR",
        "Türkiye",
        "Turkish",
        "+90212555{:04d}",
        "Izmir, Bursa, Ankara, Istanbul",
        "Liman Caddesi, Çınar Sokak, Atatürk Bulvarı, Gül Sokak",
        "Elif, Emre, Zeynep, Kerem, Defne, Onur, Aslı, Barış, Selin, Cem",
        "Demir, Yılmaz, Kaya, Öztürk, Aydın, Şahin, Arslan, Çelik, Koç, Güneş",
    ),
    _place(
        "IN",
        "India",
        "English",
        "+9122490{:05d}",
        "Pune, Bengaluru, Chennai, Jaipur, Mumbai",
        "MG Road, Station Road, Lake View Road, Residency Road, Church Street",
        "Ananya, Rohan, Kavita, Arjun, Meera, Vikram, Divya, Sanjay, Lakshmi, Nikhil, Asha, Farhan",
        "Raman, Iyer, Deshpande, Kulkarni, Menon, Banerjee, Chaudhary, Pillai, Rao, Saxena, Mehta, Bose",
    ),
    _place(
        "JP",
        "Japan",
        "Japanese",
        "+81355{:06d}",
        "Yokohama, Kobe, Sapporo, Nagoya, Osaka",
        "Minato-dori, Sakura-dori, Honmachi, Ekimae",
        "Haruka, Kenji, Aiko, Daichi, Emi, Takumi, Naoko, Ren, Yuki, Shinji",
        "Abe, Mori, Hayashi, Kobayashi, Ishikawa, Matsuda, Okada, Shimizu, Ueda, Fujimoto",
    ),
    _place(
        "BR",
        "Brazil",
        "Portuguese",
        "+551155{:06d}",
        "Curitiba, Recife, Santos, Campinas, São Paulo",
        "rua do Porto, avenida Paulista, rua das Palmeiras, alameda Santos",
        "Larissa, Thiago, Fernanda, Caio, Juliana, Rafael, Tainá, Gustavo, Bruna, Otávio",
        "Barbosa, Nogueira, Cavalcanti, Azevedo, Moraes, Teles, Siqueira, Rezende, Prado, Guimarães",
    ),
    _place(
        "ZA",
        "South Africa",
        "English",
        "+27215{:06d}",
        "Cape Town, Durban, Gqeberha, Johannesburg",
        "Long Street, Jacaranda Avenue, Dock Road, Main Road",
        "Thandi, Pieter, Lerato, Sipho, Anika, Bongani, Zanele, Riaan, Naledi, Tumelo",
        "Nkosi, van der Merwe, Dlamini, Botha, Mokoena, Jacobs, Khumalo, Pretorius, Sithole, Naidoo",
    ),
)
JOB_TITLES = (
    "Head of Facilities",
    "Energy Manager",
    "Operations Director",
    "Procurement Lead",
    "Chief Financial Officer",
    "Sustainability Officer",
    "Maintenance Supervisor",
    "Plant Engineer",
    "IT Manager",
    "Building Services Manager",
    "Purchasing Assistant",
    "Managing Director",
    "Project Manager",
    "Controller",
    "Fleet Manager",
    "Quality Manager",
)
