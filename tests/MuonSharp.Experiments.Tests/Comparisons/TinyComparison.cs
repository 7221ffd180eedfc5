using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

/// <summary>Comparisons so small that a run takes a fraction of a second.</summary>
internal static class TinyComparison
{
    public const int Steps = 20;

    /// <summary>Adamw against muon at one learning rate each, with shorter runs of a half, in which muon does not get there, and of four fifths, in which it does.</summary>
    public static ComparisonOptions Options(TemporaryFolder folder, params (string Key, string Value)[] more) => new()
    {
        Optimizers = OptimizerChoice.ParseList("adamw,muon"),
        Preset = "nanogpt-cpu",
        Settings =
        [
            new("data.file", folder.Write("text.txt", TestRun.Text)),
            new("model.layers", "1"),
            new("model.heads", "2"),
            new("model.width", "16"),
            new("model.context", "16"),
            new("train.batch", "2"),
            new("train.steps", $"{Steps}"),
            new("train.threads", "2"),
            new("optimizer.schedule.warmup", "2"),
            new("evaluate.every", "4"),
            new("checkpoint.every", "6"),
            .. more.Select(pair => KeyValuePair.Create(pair.Key, pair.Value)),
        ],
        LearningRates = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal) { ["adamw"] = [1e-3, 2e-3], ["muon"] = [0.02] },
        Budgets = [80, 50],
        Measurement = new() { Rounds = 1, Steps = 2, WarmUp = 1 },
    };

    public static async Task<(ComparisonResult Result, List<ComparisonEvent> Events)> Run(ComparisonOptions options, string folder, Func<ComparisonEvent, bool>? stop = null)
    {
        using CancellationTokenSource source = new();
        List<ComparisonEvent> events = [];
        using Comparison comparison = Comparison.Open(ComparisonPlan.Create(options), folder);
        ComparisonResult result = await comparison.RunAsync(Tell, source.Token);
        return (result, events);

        void Tell(ComparisonEvent happened)
        {
            events.Add(happened);
            if (stop?.Invoke(happened) == true)
            {
                source.Cancel();
            }
        }
    }
}
