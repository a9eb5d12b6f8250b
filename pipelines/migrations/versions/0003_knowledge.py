"""Documents in all their versions, the passages that are cited, and what finds them by words and by meaning."""

from alembic import op

from pipelines.database import SCHEMA
from pipelines.migrations.tenancy import guard

revision = "0003"
down_revision = "0002"

TABLES = {
    "documents": """
        tenant_id text NOT NULL REFERENCES tenants,
        document_id text NOT NULL,
        version integer NOT NULL,
        content_hash text NOT NULL,
        metadata_hash text NOT NULL,
        title text NOT NULL,
        kind text NOT NULL,
        path text NOT NULL,
        source text NOT NULL,
        owner text NOT NULL,
        product text,
        audience text[] NOT NULL,
        locale text NOT NULL,
        approved_by text,
        approved_at date,
        expires_at date,
        indexed_at timestamptz NOT NULL,
        retired_at timestamptz,
        PRIMARY KEY (tenant_id, document_id, version)""",
    # A row outlives its document: what was cited once can always be shown. What every search reads stands first.
    # A tenant with very many of them gets a graph over the vectors (pipelines.knowledge.graph).
    "passages": """
        tenant_id text NOT NULL,
        passage_id text NOT NULL,
        number integer NOT NULL,
        retired_at timestamptz,
        approved_at date,
        expires_at date,
        approved_by text,
        locale text NOT NULL,
        product text,
        audience text[] NOT NULL,
        embedding vector NOT NULL,
        embedding_model text NOT NULL,
        embedded_hash text NOT NULL,
        document_id text NOT NULL,
        version integer NOT NULL,
        title text NOT NULL,
        heading text NOT NULL,
        text text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('prose', 'row', 'quote', 'caption')),
        source text NOT NULL,
        indexed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, passage_id),
        UNIQUE (tenant_id, number),
        FOREIGN KEY (tenant_id, document_id, version) REFERENCES documents""",
    # For each word the passages that hold it. No index serves `tsvector @@ tsquery` under row-level security, because
    # that operator is not leakproof; equality of texts is.
    "passage_words": """
        tenant_id text NOT NULL,
        language text NOT NULL,
        word text COLLATE "C" NOT NULL,
        numbers integer[] NOT NULL,
        weights real[] NOT NULL,
        PRIMARY KEY (tenant_id, language, word)""",
    "knowledge_editions": """
        tenant_id text NOT NULL,
        index_name text NOT NULL,
        edition text NOT NULL,
        embedding_model text NOT NULL,
        passages integer NOT NULL,
        folder text NOT NULL,
        published_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, index_name)""",
}

INDEXES = (
    "CREATE UNIQUE INDEX documents_current ON documents (tenant_id, document_id) WHERE retired_at IS NULL",
    "CREATE INDEX passages_current ON passages (tenant_id) WHERE retired_at IS NULL",
)

FUNCTIONS = (
    # How words of a locale are stemmed: by the text search configuration of that name.
    """
    CREATE FUNCTION search_language(locale text) RETURNS text
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN CASE left(locale, 2)
        WHEN 'en' THEN 'english' WHEN 'de' THEN 'german' WHEN 'fr' THEN 'french' ELSE 'simple'
    END
    """,
    # Nearly every text is plain ASCII, and measuring it costs less than normalising it.
    """
    CREATE FUNCTION without_accents(text text) RETURNS text
    IMMUTABLE PARALLEL SAFE LANGUAGE sql
    RETURN CASE
        WHEN octet_length(text) = char_length(text) THEN text
        ELSE regexp_replace(normalize(text, NFD), '[\u0300-\u036f]', '', 'g')
    END
    """,
    # Stems with what BM25 gives them (k1 1.2, b 0.75, against a usual length of 60 words, so that a weight depends on
    # its own passage only); the words of the title count double. German and French are stemmed with their accents.
    """
    CREATE FUNCTION words_of(language text, title text, text text) RETURNS TABLE (word text, weight real)
    STABLE PARALLEL SAFE LANGUAGE sql
    BEGIN ATOMIC
        SELECT
            without_accents(stem.lexeme) COLLATE "C" AS word,
            (2.2::float8 * cardinality(stem.positions) / (cardinality(stem.positions)
                + 1.2::float8 * (0.25::float8 + 0.75::float8 / 60 * sum(cardinality(stem.positions)) OVER ()))
            )::real AS weight
        FROM (SELECT concat_ws(' ', title, title, text) AS whole) AS said
        CROSS JOIN LATERAL unnest(to_tsvector(language::regconfig, CASE
            WHEN language IN ('german', 'french') THEN said.whole
            ELSE without_accents(said.whole)
        END)) AS stem;
    END
    """,
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE {table} ({columns})")
        for statement in guard(table):
            op.execute(statement)
    # Exact search reads every vector of a tenant: the vector stays in the row, and the text makes way for it.
    op.execute("ALTER TABLE passages ALTER COLUMN embedding SET STORAGE MAIN, ALTER COLUMN text SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE passages SET (toast_tuple_target = 1400)")
    for statement in (*INDEXES, *FUNCTIONS):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"SET LOCAL search_path = {SCHEMA}, public")
    op.execute("DROP FUNCTION words_of, without_accents, search_language")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
