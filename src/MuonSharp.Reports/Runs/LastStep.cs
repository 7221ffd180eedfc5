namespace MuonSharp.Reports;

/// <summary>What the newest step line says.</summary>
internal static class LastStep
{
    /// <summary>Names and values; none before the first step.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(RunHistory run)
    {
        if (run.LastStep is not { } line)
        {
            return [];
        }

        List<KeyValuePair<string, string>> all =
        [
            new("step", Amount.Count(line.Step)),
            new("loss", Amount.Loss(line.Loss)),
            .. line.LearningRates.Select(rate => KeyValuePair.Create($"learning rate of {rate.Group}", Amount.Rate(rate.Value))),
            new("gradient norm before clipping", Number(line.GradientNorm)),
            new("update, root mean square", Number(line.UpdateRms)),
            new("time", Amount.Milliseconds(line.StepMilliseconds)),
            new("the optimizer's share", Amount.Percent(line.OptimizerMilliseconds / line.StepMilliseconds)),
        ];
        if (double.IsFinite(line.MaximumLogit))
        {
            all.Add(new("greatest attention logit", Number(line.MaximumLogit)));
            all.Add(new("heads clipped", $"{Amount.Count(line.ClippedHeads)} of {Amount.Count(line.Heads.Count)}"));
        }

        return all;
    }

    private static string Number(double value) => double.IsFinite(value) ? Amount.Measured(value) : "not finite";
}
