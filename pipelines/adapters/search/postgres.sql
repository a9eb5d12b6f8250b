-- name: search
-- Words: BM25 over the lists of the rarest words asked for. Meaning: the nearest vectors. Then reciprocal rank fusion.
WITH searchable AS NOT MATERIALIZED (
    SELECT * FROM passages AS p
    WHERE
        p.tenant_id = %(tenant)s
        AND p.retired_at IS NULL
        AND p.approved_by IS NOT NULL
        AND p.approved_at <= %(today)s
        AND (p.expires_at IS NULL OR p.expires_at >= %(today)s)
        AND {asked_for}
),

asked AS (
    SELECT l.language, w.word, max(a.weight) AS weight
    FROM unnest(%(texts)s::text[], %(weights)s::float8[]) AS a (text, weight)
    CROSS JOIN unnest(%(languages)s::text[]) AS l (language)
    CROSS JOIN LATERAL words_of(l.language, NULL, a.text) AS w
    GROUP BY l.language, w.word
),

weighed AS (
    SELECT
        a.language,
        a.weight AS importance,
        p.numbers,
        p.weights,
        coalesce(cardinality(p.numbers), 0) AS holders,
        a.weight * ln(
            1 + greatest(%(passages)s - coalesce(cardinality(p.numbers), 0) + 0.5::float8, 0.5::float8)
            / (coalesce(cardinality(p.numbers), 0) + 0.5::float8)
        ) AS rarity,
        row_number() OVER (ORDER BY cardinality(p.numbers), a.word) AS place
    FROM asked AS a
    LEFT JOIN passage_words AS p ON p.tenant_id = %(tenant)s AND p.language = a.language AND p.word = a.word
),

lists AS MATERIALIZED (
    SELECT
        *,
        sum(rarity) FILTER (WHERE importance >= 1) OVER (PARTITION BY language) AS whole
    FROM weighed
),

-- `coverage`: how much of the question's own words, by their rarity, a passage holds.
scored AS MATERIALIZED (
    SELECT
        u.number,
        sum(l.rarity * u.weight) AS score,
        least(1, coalesce(sum(l.rarity) / nullif(max(l.whole), 0), 1)) AS coverage
    FROM lists AS l
    CROSS JOIN LATERAL unnest(l.numbers, l.weights) AS u (number, weight)
    -- Words that stand everywhere decide nothing and cost most; the rarest one counts however common it is.
    WHERE l.place = 1 OR (l.place <= %(most_words)s AND l.holders <= %(most_holders)s)
    GROUP BY u.number
),

by_words AS (
    SELECT
        best.passage_id,
        best.coverage,
        row_number() OVER (ORDER BY best.score DESC, best.passage_id) AS place
    FROM (
        SELECT p.passage_id, s.score, s.coverage
        FROM (SELECT * FROM scored ORDER BY score DESC) AS s
        INNER JOIN searchable AS p ON s.number = p.number
        ORDER BY s.score DESC, p.passage_id
        LIMIT %(depth)s
    ) AS best
),

by_meaning AS (
    SELECT best.passage_id, row_number() OVER (ORDER BY best.distance, best.passage_id) AS place
    FROM (
        SELECT p.passage_id, {distance} AS distance
        FROM searchable AS p
        WHERE %(vector)s::vector IS NOT NULL AND {among}
        ORDER BY {nearest_first}
        LIMIT %(depth)s
    ) AS best
)

SELECT
    p.passage_id, p.document_id, p.title, p.text, p.heading, p.kind, p.source, p.product, p.audience, p.locale,
    p.approved_by, p.approved_at, p.expires_at, f.score, f.keyword_rank, f.vector_rank,
    (SELECT count(*) FROM by_meaning) AS compared
FROM (
    SELECT
        coalesce(w.passage_id, m.passage_id) AS passage_id,
        w.place AS keyword_rank,
        m.place AS vector_rank,
        -- Words that answer half of the question count half, beside a meaning.
        coalesce((CASE WHEN %(vector)s::vector IS NULL THEN 1 ELSE w.coverage END) / (%(damping)s + w.place), 0)
        + coalesce(1 / (%(damping)s + m.place), 0) AS score
    FROM by_words AS w
    FULL OUTER JOIN by_meaning AS m ON w.passage_id = m.passage_id
    ORDER BY score DESC, passage_id
    LIMIT %(most)s
) AS f
INNER JOIN passages AS p ON p.tenant_id = %(tenant)s AND f.passage_id = p.passage_id
ORDER BY f.score DESC, f.passage_id;

-- name: vectors
-- Of one edition or none: both tables are read as of one moment.
SELECT p.passage_id, vector_send(p.embedding) AS vector
FROM passages AS p
INNER JOIN knowledge_editions AS e ON p.tenant_id = e.tenant_id
WHERE
    p.tenant_id = %(tenant)s
    AND p.retired_at IS NULL
    AND e.index_name = 'postgres'
    AND e.edition = %(edition)s;
