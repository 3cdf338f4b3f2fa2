"""The names of streets, towers and sectors: invented, but such as one reads on French walls."""

from collections.abc import Iterator

_PEOPLE = """
Louise-Michel, Émile-Zola, George-Sand, Aristide-Briand, Jules-Ferry, Marie-Curie, Victor-Hugo, Voltaire,
Rouget-de-Lisle, Jean-Jaurès, Camille-Claudel, Sadi-Carnot, Paul-Bert, Anatole-France, Roque-de-Fillol, Cartault, Arago,
Lavoisier, Godefroy, Baudin, Rabelais, Molière, Racine, Boileau, Parmentier, Pasteur, Bellini, Mozart, Berlioz, Bizet,
Gounod, Franklin, Edison, Ampère, Volta, Kléber, Hoche, Marceau, Danton, Condorcet, Diderot, Mirabeau, Michelet,
Lamartine, Musset, Verlaine, Rimbaud, Baudelaire, Nerval, Colette, Apollinaire, Desnos, Éluard, Prévert, Rosa-Parks,
Olympe-de-Gouges, Simone-Veil, Joséphine-Baker, Berthe-Morisot, Cézanne, Courbet, Corot, Watteau, Fragonard, Poussin,
Rodin, Maillol, Bourdelle, Soufflot, Mansart, Vauban, Le-Nôtre, Haussmann, Belgrand, Eiffel, Perronet, Riquet,
Gutenberg, Champollion, Bougainville, La-Pérouse, Charcot, Blériot, Garros, Mermoz, Guynemer, Hélène-Boucher,
Sophie-Germain, Émilie-du-Châtelet, Clairaut, Laplace, Fermat, Descartes, Pascal, Gay-Lussac, Bernoulli, Cuvier, Buffon,
Daubenton
"""

_THINGS = """
Lilas, Acacias, Tilleuls, Peupliers, Cerisiers, Glycines, Vignes, Moulins, Pressoirs, Fontaines, Bas-Rogers,
Hautes-Bornes, Longues-Raies, Damiers, Pavillons, Carriers, Tanneurs, Bateliers, Passeurs, Mariniers, Pêcheurs,
Lavandières, Blanchisseurs, Tisserands, Imprimeurs, Étudiants, Écoles, Jardins, Vergers, Platanes, Érables, Charmes,
Aubépines, Églantiers, Graviers, Sablons, Ajoncs, Roseaux, Hirondelles, Alouettes, Martinets, Quatre-Vents, Trois-Ormes,
Deux-Ponts, Cinq-Chemins, Minimes, Cordeliers, Dragons, Lanciers
"""


def street_names() -> Iterator[str]:
    """As many different street names as one cares to take."""
    people = [name.strip() for name in _PEOPLE.split(",")]
    things = [name.strip() for name in _THINGS.split(",")]
    for way in ("rue", "passage", "allée", "impasse", "villa", "sente", "cour", "square", "venelle", "mail"):
        for index, name in enumerate(people):
            yield f"{way} {name}"
            if index % 2 == 0:
                yield f"{way} des {things[(index // 2) % len(things)]}"
    number = 1
    while True:
        yield f"voie {number}"
        number += 1


TOWERS = """
Astrolabe, Boréale, Cassiopée, Dauphine, Équinoxe, Fresnel, Galion, Hauban, Iris, Jaspe, Kepler, Lumière, Méridien,
Névé, Opale, Prisme, Quartz, Rameau, Solstice, Tangente, Ulysse, Véga, Winsor, Xénia, Ypsilon, Zénith, Ambre, Béryl,
Corail, Diapason, Écliptique, Figaro, Granit, Horizon, Ivoire, Jade, Kaléido, Lys, Mistral, Nadir, Obsidienne, Pléiade,
Radian, Saphir, Topaze, Uranie, Vertige, Alizé, Basalte, Cyclade, Dolmen, Éole, Florès, Gabian, Hélios, Indigo
"""


def tower_names() -> list[str]:
    return [name.strip() for name in TOWERS.split(",")]


SECTORS: dict[str, tuple[str, tuple[str, ...]]] = {
    "coeur": ("Les Arches", ("Parvis", "Grande Nef", "Quatre Vents", "Place Basse", "Corolles", "Reflets", "Iris", "Saisons")),
    "nord": ("Faubourg Nord", ("Bezons", "Gambetta", "Les Fauvelles", "Picasso", "Marceau", "Charras", "Garenne", "Colombes")),
    "berges": ("Rive", ("Port de la Rive", "Bellerive", "Quai Sud", "Bellini", "Pont", "Ferme", "Seine", "Île du Pont")),
    "sud": ("Faubourg Sud", ("République", "Bergères", "Moulin", "Lorilleux", "Commune", "Rosiers", "Chantecoq", "Mairie")),
    "ouest": ("Les Terrasses", ("Terrasses", "Groues", "Coteaux", "Belvédère", "Université", "Arena", "Parc", "Jardins")),
}
"""Outer sectors: slug to name and the names of what is inside, nearest the centre first."""
