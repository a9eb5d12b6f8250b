-- name: tenant_exists
SELECT 1 FROM tenants WHERE tenant_id = %(tenant)s;

-- name: one_indexing_at_a_time
SELECT pg_advisory_xact_lock(hashtextextended('knowledge of ' || %(tenant)s, 0));

-- name: all_tenants
SELECT tenant_id FROM tenants
ORDER BY tenant_id;

-- name: edition
SELECT edition, embedding_model, passages FROM knowledge_editions
WHERE tenant_id = %(tenant)s AND index_name = %(index_name)s;

-- name: last_folder
-- Empty for a tenant that has only what people brought.
SELECT coalesce((
    SELECT folder FROM knowledge_editions
    WHERE tenant_id = %(tenant)s
    ORDER BY published_at DESC
    LIMIT 1
), '') AS folder
WHERE
    EXISTS (SELECT 1 FROM knowledge_editions WHERE tenant_id = %(tenant)s)
    OR EXISTS (SELECT 1 FROM contributions WHERE tenant_id = %(tenant)s AND state = 'approved');

-- name: keep_edition
INSERT INTO knowledge_editions (tenant_id, index_name, edition, embedding_model, passages, folder, published_at)
VALUES (%(tenant)s, %(index_name)s, %(edition)s, %(embedding_model)s, %(passages)s, %(folder)s, %(now)s)
ON CONFLICT (tenant_id, index_name) DO UPDATE SET
    edition = excluded.edition,
    embedding_model = excluded.embedding_model,
    passages = excluded.passages,
    folder = excluded.folder,
    published_at = excluded.published_at
WHERE
    (knowledge_editions.edition, knowledge_editions.passages, knowledge_editions.folder)
    <> (excluded.edition, excluded.passages, excluded.folder);

-- name: forget_other_editions
DELETE FROM knowledge_editions WHERE tenant_id = %(tenant)s AND edition <> %(edition)s;

-- name: stage_documents
CREATE TEMP TABLE stage_documents (
    document_id text, content_hash text, metadata_hash text, title text, kind text, path text, source text, owner text,
    product text, audience text[], locale text, approved_by text, approved_at date, expires_at date
) ON COMMIT DROP;

-- name: stage_passages
CREATE TEMP TABLE stage_passages (
    place integer, passage_id text, document_id text, title text, heading text, text text, kind text, source text,
    product text, audience text[], locale text, approved_by text, approved_at date, expires_at date, embedded_hash text
) ON COMMIT DROP;

-- name: stage_vectors
CREATE TEMP TABLE stage_vectors (place integer, embedding vector) ON COMMIT DROP;

-- name: embedded
SELECT passage_id, embedded_hash FROM passages
WHERE tenant_id = %(tenant)s AND embedding_model = %(embedding_model)s;

-- name: retire_documents
UPDATE documents AS d SET retired_at = %(now)s
WHERE
    d.tenant_id = %(tenant)s
    AND d.retired_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM stage_documents AS s
        WHERE
            s.document_id = d.document_id
            AND s.content_hash = d.content_hash
            AND s.metadata_hash = d.metadata_hash
    );

-- name: add_documents
INSERT INTO documents (
    tenant_id, document_id, version, content_hash, metadata_hash, title, kind, path, source, owner, product, audience,
    locale, approved_by, approved_at, expires_at, indexed_at
)
SELECT
    %(tenant)s, s.document_id,
    1 + coalesce((
        SELECT max(d.version) FROM documents AS d
        WHERE d.tenant_id = %(tenant)s AND d.document_id = s.document_id
    ), 0),
    s.content_hash, s.metadata_hash, s.title, s.kind, s.path, s.source, s.owner, s.product, s.audience, s.locale,
    s.approved_by, s.approved_at, s.expires_at, %(now)s
FROM stage_documents AS s
WHERE NOT EXISTS (
    SELECT 1 FROM documents AS d
    WHERE d.tenant_id = %(tenant)s AND d.document_id = s.document_id AND d.retired_at IS NULL
);

-- name: find_changes
-- `was` and `stays`: whether it was in the index and will be; `reworded`: its words have to be listed anew.
CREATE TEMP TABLE changes ON COMMIT DROP AS
WITH known AS (
    SELECT * FROM passages
    WHERE tenant_id = %(tenant)s
),

compared AS (
    SELECT
        coalesce(s.passage_id, k.passage_id) AS passage_id,
        s.place,
        s.document_id,
        k.number AS known_number,
        k.number IS NOT NULL AND k.retired_at IS NULL AS was,
        s.place IS NOT NULL AS stays,
        k.number IS NULL OR s.place IS NULL OR k.retired_at IS NOT NULL
        OR (k.title, k.heading, k.text, k.locale) <> (s.title, s.heading, s.text, s.locale) AS reworded
    FROM stage_passages AS s
    FULL OUTER JOIN known AS k ON s.passage_id = k.passage_id
    WHERE
        (s.place IS NULL AND k.retired_at IS NULL)
        OR (s.place IS NOT NULL AND (
            k.document_id, k.title, k.heading, k.text, k.kind, k.source, k.product, k.audience, k.locale,
            k.approved_by, k.approved_at, k.expires_at, k.embedded_hash, k.embedding_model, k.retired_at
        ) IS DISTINCT FROM (
            s.document_id, s.title, s.heading, s.text, s.kind, s.source, s.product, s.audience, s.locale,
            s.approved_by, s.approved_at, s.expires_at, s.embedded_hash, %(embedding_model)s, NULL::timestamptz
        ))
)

SELECT
    c.passage_id, c.place, c.known_number, c.was, c.stays, c.reworded, d.version,
    coalesce(
        c.known_number,
        (SELECT coalesce(max(number), 0) FROM known)
        + row_number() OVER (PARTITION BY c.known_number ORDER BY c.place)
    )::integer AS number
FROM compared AS c
LEFT JOIN documents AS d
    ON d.tenant_id = %(tenant)s AND c.document_id = d.document_id AND d.retired_at IS NULL;

-- name: count_changes
SELECT
    count(*) FILTER (WHERE stays AND NOT was) AS added,
    count(*) FILTER (WHERE was AND NOT stays) AS removed,
    count(*) FILTER (WHERE was AND stays) AS changed
FROM changes;

-- name: retire_passages
UPDATE passages AS p SET retired_at = %(now)s
FROM changes AS c
WHERE p.tenant_id = %(tenant)s AND p.passage_id = c.passage_id AND NOT c.stays;

-- name: put_passages
INSERT INTO passages (
    tenant_id, passage_id, number, document_id, version, title, heading, text, kind, source, product, audience, locale,
    approved_by, approved_at, expires_at, embedded_hash, embedding_model, embedding, indexed_at
)
SELECT
    %(tenant)s, s.passage_id, c.number, s.document_id, c.version, s.title, s.heading, s.text, s.kind, s.source,
    s.product, s.audience, s.locale, s.approved_by, s.approved_at, s.expires_at, s.embedded_hash, %(embedding_model)s,
    coalesce(v.embedding, p.embedding), %(now)s
FROM changes AS c
INNER JOIN stage_passages AS s ON c.place = s.place
LEFT JOIN stage_vectors AS v ON c.place = v.place
LEFT JOIN passages AS p ON p.tenant_id = %(tenant)s AND p.passage_id = c.passage_id
ORDER BY c.number
ON CONFLICT (tenant_id, passage_id) DO UPDATE SET
    retired_at = NULL,
    document_id = excluded.document_id,
    version = excluded.version,
    title = excluded.title,
    heading = excluded.heading,
    text = excluded.text,
    kind = excluded.kind,
    source = excluded.source,
    product = excluded.product,
    audience = excluded.audience,
    locale = excluded.locale,
    approved_by = excluded.approved_by,
    approved_at = excluded.approved_at,
    expires_at = excluded.expires_at,
    embedded_hash = excluded.embedded_hash,
    embedding_model = excluded.embedding_model,
    embedding = excluded.embedding,
    indexed_at = excluded.indexed_at;

-- name: list_old_words
CREATE TEMP TABLE old_words ON COMMIT DROP AS
SELECT DISTINCT said.language, w.word
FROM changes AS c
INNER JOIN passages AS p ON p.tenant_id = %(tenant)s AND c.known_number = p.number
CROSS JOIN LATERAL (SELECT search_language(p.locale) AS language) AS said
CROSS JOIN LATERAL words_of(said.language, concat_ws(' ', p.title, p.heading), p.text) AS w
WHERE c.reworded AND c.was;

-- name: list_new_words
CREATE TEMP TABLE new_words ON COMMIT DROP AS
SELECT
    said.language,
    w.word,
    array_agg(c.number) AS numbers,
    array_agg(w.weight) AS weights
FROM changes AS c
INNER JOIN stage_passages AS s ON c.place = s.place
CROSS JOIN LATERAL (SELECT search_language(s.locale) AS language) AS said
CROSS JOIN LATERAL words_of(said.language, concat_ws(' ', s.title, s.heading), s.text) AS w
WHERE c.reworded
GROUP BY said.language, w.word;

-- name: rewrite_lists
-- The lists of every word that stood or stands in what changed; a list that lost its last passage is NULL.
CREATE TEMP TABLE word_lists ON COMMIT DROP AS
WITH touched AS (
    SELECT language, word FROM old_words
    UNION
    SELECT language, word FROM new_words
),

kept AS (
    SELECT t.language, t.word, array_agg(u.number) AS numbers, array_agg(u.weight) AS weights
    FROM touched AS t
    INNER JOIN passage_words AS w ON w.tenant_id = %(tenant)s AND t.language = w.language AND t.word = w.word
    CROSS JOIN LATERAL unnest(w.numbers, w.weights) AS u (number, weight)
    LEFT JOIN changes AS gone ON u.number = gone.known_number AND gone.reworded AND gone.was
    WHERE gone.known_number IS NULL
    GROUP BY t.language, t.word
)

SELECT t.language, t.word, k.numbers || n.numbers AS numbers, k.weights || n.weights AS weights
FROM touched AS t
LEFT JOIN kept AS k ON t.language = k.language AND t.word = k.word
LEFT JOIN new_words AS n ON t.language = n.language AND t.word = n.word;

-- name: merge_lists
MERGE INTO passage_words AS w
USING word_lists AS l ON w.tenant_id = %(tenant)s AND w.language = l.language AND w.word = l.word
WHEN MATCHED AND l.numbers IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET numbers = l.numbers, weights = l.weights
WHEN NOT MATCHED THEN
    INSERT (tenant_id, language, word, numbers, weights)
    VALUES (%(tenant)s, l.language, l.word, l.numbers, l.weights);

-- name: entries
SELECT
    passage_id, document_id, title, text, heading, kind, source, product, audience, locale, approved_by, approved_at,
    expires_at, embedding::real[] AS vector
FROM passages
WHERE tenant_id = %(tenant)s AND retired_at IS NULL
ORDER BY number;

-- name: passages_by_id
SELECT
    passage_id, document_id, title, text, heading, kind, source, product, audience, locale, approved_by, approved_at,
    expires_at, retired_at IS NOT NULL AS withdrawn
FROM passages
WHERE tenant_id = %(tenant)s AND passage_id = ANY(%(passage_ids)s);

-- name: each_kind
SELECT DISTINCT document_id, product, locale, approved_by, approved_at, expires_at
FROM passages
WHERE tenant_id = %(tenant)s AND retired_at IS NULL;
