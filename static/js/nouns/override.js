// How an override is judged: it stands until the field has let go, whoever ended it. Pure.

export const isOpen = (row) => row.released_at === null;
