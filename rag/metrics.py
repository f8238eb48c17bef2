"""Prometheus metrics of the knowledge floor, names and labels as in FEATURES section 6."""

from prometheus_client import Counter, Gauge, Histogram

MILLISECONDS = (1, 2.5, 5, 10, 15, 25, 50, 100, 250, 500, 1000, 2500)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
COUNTS = (0, 1, 2, 5, 10, 20, 30, 40, 50)

QUERIES = Counter("rag_queries_total", "Questions asked.", ("query_type", "lang"))
REQUESTS = Counter("rag_requests_total", "Answers by outcome.", ("endpoint", "cache_status", "status", "model"))
REQUESTS_IN_PROGRESS = Gauge("rag_requests_in_progress", "Open turns.", ("endpoint",), multiprocess_mode="livesum")
PROCESSING_SECONDS = Histogram("rag_processing_seconds", "Whole turn.", buckets=SECONDS)
RETRIEVAL_LATENCY_MS = Histogram("rag_retrieval_latency_ms", "One hybrid retrieval.", buckets=MILLISECONDS)
HYBRID_SEARCH_SECONDS = Histogram("rag_hybrid_search_duration_seconds", "Both legs in the database.", buckets=SECONDS)
SIMILARITY_SEARCH_SECONDS = Histogram(
    "rag_similarity_search_duration_seconds",
    "One search by meaning, with the one by words.",
    ("index_size_bucket",),
    buckets=SECONDS,
)
DENSE_RESULTS = Histogram("rag_hybrid_dense_results_count", "Passages found by meaning.", buckets=COUNTS)
SPARSE_RESULTS = Histogram("rag_hybrid_sparse_results_count", "Passages found by words.", buckets=COUNTS)
FUSED = (0.0, 0.008, 0.012, 0.016, 0.02, 0.025, 0.03, 0.033)
FUSION_SCORE = Histogram("rag_hybrid_fusion_score", "Fused score of the first passage.", buckets=FUSED)
EXPANSION_VARIANTS = Histogram("rag_query_expansion_variants_count", "Words a question gained.", buckets=COUNTS)
EXPANSION_SECONDS = Histogram("rag_query_expansion_duration_seconds", "Expanding one question.", buckets=SECONDS)
RERANKING_SECONDS = Histogram("rag_reranking_duration_seconds", "Reranking the found passages.", buckets=SECONDS)
RERANKING_SCORES = Histogram("rag_reranking_score_distribution", "Scores of reranked passages.", buckets=SHARES)
SIMILARITY = Histogram("rag_similarity_scores", "Best cosine of a question.", ("query_type",), buckets=SHARES)
TOPK_MAX = Histogram("rag_topk_score_max", "Best cosine among the passages.", buckets=SHARES)
TOPK_MEAN = Histogram("rag_topk_score_mean", "Mean cosine of the passages.", buckets=SHARES)
CONFIDENCE = Histogram("rag_confidence_scores", "Confidence of answers.", ("endpoint",), buckets=SHARES)

CACHE_HITS = Counter("rag_cache_hits_total", "Answers given from the cache.")
CACHE_OPERATIONS = Counter("rag_cache_operations_total", "Answer cache reads and writes.", ("operation", "result"))

DOCUMENTS_INDEXED = Counter("rag_documents_indexed_total", "Documents taken in.", ("collection",))
EMBEDDINGS_GENERATED = Counter("rag_embeddings_generated_total", "Texts embedded.", ("model", "operation"))
INDEX_SIZE_BYTES = Gauge(
    "rag_index_size_bytes", "Size of the vector index.", ("index_type",), multiprocess_mode="mostrecent"
)
INDEX_OPERATIONS = Counter("rag_index_operations_total", "Index operations.", ("operation", "status"))

CONTEXT_LEVELS = Counter("rag_context_complexity_distribution", "Prompts by how much context they got.", ("level",))
CONTEXT_TOKENS_SAVED = Counter("rag_context_tokens_saved", "Tokens of passages found that no prompt needed.")
