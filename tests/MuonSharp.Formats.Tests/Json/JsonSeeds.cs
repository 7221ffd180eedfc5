namespace MuonSharp.Formats.Tests;

/// <summary>A small text of every kind that the product reads.</summary>
internal static class JsonSeeds
{
    public static readonly IReadOnlyDictionary<string, string> All = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["config"] = """
            // What somebody wrote.
            {"preset": "austen", "data": {"path": null}, "model": {"layers": 4, "heads": 4, "width": 128, "tied": true}, "train": {"steps": 2e1, "batch": 12.0, "seed": 18446744073709551615},
             "optimizer": {"name": "muon", "learningRate": 0.02, "schedule": {"name": "trapezoid", "decayShare": 0.4,},}, "sample": {"prompt": "The \u00e9\ud83d\ude00\t"}}
            """,
        ["state"] = """
            {"format": "muonsharp-checkpoint/1", "step": 20, "files": {"model.safetensors": {"bytes": 512, "sha256": "00ff"}, "optimizer.safetensors": {"bytes": 1024, "sha256": "ee"}},
             "state": {"tokens": 15360, "seed": 1, "smoothed_loss": [2.5, 0.87], "validation": [2.4, 1000, 1100], "counters": {"steps": 20, "skipped_steps": 0}, "logs": {"metrics_bytes": 900}}}
            """,
        ["metrics"] = """{"kind":"step","step":10,"tokens":7680,"loss":3.1,"lr":{"muon":0.02,"adamw":0.003},"grad_norm":1.5e-3,"max_logit":null,"head_max_logits":[[1.5,null],[2,3]]}""",
        ["comparison"] = """
            {"format": "muonsharp-compare/1", "complete": true, "steps": 40, "budgets": [25, 50], "data": {"source": "a.txt", "sha256": "ab"}, "optimizers": [{"label": "muon", "step_ms": 12.5,
             "optimizer_ms": 1.5, "step_ratio": 1, "tokens_per_second": 1e5, "rounds_ms": [12.5, 12.25]}], "environment": {"os": "linux"}, "configuration": {"model": {"layers": 2}}}
            """,
        ["tokenizer"] = """{"kind": "character", "characters": "\n !,.ABCabc\u00e9\ud83d\ude00"}""",
        ["trace"] = """
            {"steps": 3, "groups": [{"optimizer": "muon", "preset": "keller-jordan", "parameters": ["a", "b"], "learning_rate": [0.02, 0.01, 0.005], "nesterov": true},
             {"optimizer": "adamw", "parameters": ["c"], "beta1": 0.9, "epsilon": 1e-10}]}
            """,
    };
}
