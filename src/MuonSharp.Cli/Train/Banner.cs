using MuonSharp.Cli.Doctor;
using MuonSharp.Cli.Output;
using MuonSharp.Training;

namespace MuonSharp.Cli.Train;

/// <summary>What a run says before its first step: machine, data, model, who trains what, and every number with its reason.</summary>
internal static class Banner
{
    /// <summary>Writes it.</summary>
    public static void Show(Terminal terminal, Trainer trainer)
    {
        var machine = Machine.Look();
        var description = trainer.Description;
        terminal.Line($"MuonSharp {Product.Version}", Style.Strong);
        terminal.Columns(
        [
            ["machine", $"{machine.Processor}, {Amount.Of(machine.Cores, "core")}, {machine.Vectors}, {Amount.Of(description.Threads, "thread")}, {machine.Runtime}"],
            ["data", $"{description.Data}: {Amount.Count(description.TrainingTokens)} tokens to train on, {Amount.Count(description.ValidationTokens)} held out, "
                + $"{description.Vocabulary} different ones ({description.Tokenizer})"],
            ["model", $"{Amount.Of(description.Parameters, "weight")}"],
            .. description.Shares.Select(share => (string[])
                ["", $"{Amount.Count(share.Weights)} in {Amount.Of(share.Tensors, "tensor")} by {share.Optimizer}, learning rate {Rate(share.LearningRate, description.GreatestRateFactor)}"]),
            ["memory", MemoryLine.Of(description.Memory)],
            ["run", trainer.RunFolder ?? "in memory"],
        ], Style.Label);
        foreach (var advice in description.Advice)
        {
            terminal.Line($"note: {advice}", Style.Warning);
        }

        terminal.Line();
        terminal.Line("who trains what", Style.Strong);
        terminal.Columns(PlanText.Condense(description.Plan));
        terminal.Line();
        terminal.Line("derived", Style.Strong);
        terminal.Columns(DerivedSettings.Of(trainer.Config, description), Style.Plain, Style.Plain, Style.Label);
        terminal.Line();
        terminal.Line("settings", Style.Strong);
        terminal.Columns(EffectiveSettings.Of(trainer.Config), Style.Label);
        terminal.Line();
    }

    /// <summary>The greatest rate that the schedule reaches, and the one that is set where that is another.</summary>
    private static string Rate(double rate, double factor) =>
        factor < 1 ? $"at most {Amount.Rate(rate * factor)} ({Amount.Rate(rate)} is not reached, see schedule)" : Amount.Rate(rate);
}
