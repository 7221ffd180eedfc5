using System.CommandLine;
using MuonSharp.Cli.Compare.Page;
using MuonSharp.Cli.Errors;
using MuonSharp.Cli.Output;
using MuonSharp.Cli.Parsing;
using MuonSharp.Cli.Signals;
using MuonSharp.Training;

namespace MuonSharp.Cli.Compare;

/// <summary><c>muonsharp compare</c>: the same model, data and budget under several optimizers.</summary>
internal static class CompareCommand
{
    private const string Parent = "runs";

    /// <summary>The command, ready to be added to the root.</summary>
    public static ToolCommand Create()
    {
        var options = new CompareOptions();
        var command = new Command(
            "compare", "Trains the same model on the same data under several optimizers, each at its best learning rate, and says which needs how much.");
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(parsed, options));
        return new(command,
        [
            "muonsharp compare --optimizers adamw,muon --steps 300",
            "muonsharp compare --optimizers adamw,shampoo,soap,muon --preset nanogpt-cpu --data my-text.txt",
            "muonsharp compare --optimizers 'muon,muon:orthogonalizer=zolotarev/3,muon:preset=torch;momentum=0.9'",
            "muonsharp compare --optimizers adamw,muon --learning-rates adamw=2e-3,4e-3 --learning-rates muon=0.01",
        ]);
    }

    private static async Task<int> RunAsync(ParseResult parsed, CompareOptions options)
    {
        var plan = ComparisonPlan.Create(Compose(parsed, options));
        var preset = plan.Base.Preset.Length == 0 ? "run" : plan.Base.Preset;
        var folder = parsed.GetValue(options.Run) ?? Path.Combine(Parent, $"{preset}-compare-{plan.Identity}");
        ICompareView view = parsed.GetValue(options.Json) ? new JsonView() : new TextView(new Terminal(TerminalMode.Detect()));
        using var signals = new StopSignals(view.Stopping);
        using var comparison = Comparison.Open(plan, folder);
        view.Begin(plan, folder);
        var result = await comparison.RunAsync(view.Show, signals.Token);
        ComparisonPage.Write(result, folder);
        view.End(result, folder);
        return !result.Complete ? ExitCode.Cancelled
            : double.IsFinite(result.TargetLoss) ? ExitCode.Done
            : throw new ToolException(ExitCode.Diverged, $"[compare] the first optimizer must reach a loss; every run of '{result.Rows[0].Label}' diverged");
    }

    private static ComparisonOptions Compose(ParseResult parsed, CompareOptions options) => new()
    {
        Optimizers = OptimizerChoice.ParseList(parsed.GetValue(options.Optimizers)!),
        Preset = parsed.GetValue(options.Preset),
        Files = parsed.GetValue(options.Config) ?? [],
        Settings = [.. OrderedSettings.From(parsed, options.Set, options.Keys).Select(setting => KeyValuePair.Create(setting.Key, setting.Value))],
        LearningRates = RateLists.Read(parsed.GetValue(options.LearningRates) ?? []),
        Budgets = parsed.GetValue(options.Budgets) is { } budgets ? RateLists.Percentages(budgets) : new ComparisonOptions { Optimizers = [] }.Budgets,
        MeasureAgain = parsed.GetValue(options.MeasureAgain),
    };
}
