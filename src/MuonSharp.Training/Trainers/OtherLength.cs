using System.Globalization;

namespace MuonSharp.Training;

/// <summary>What a resumed run is told whose length is another than the one it was saved with: its learning rates may leap.</summary>
internal static class OtherLength
{
    /// <summary>One line, or none where the length is the same or no rate notices.</summary>
    /// <param name="parts">The run as it goes on.</param>
    /// <param name="done">Steps that it has done.</param>
    /// <param name="saved">Its length so far; null where nobody knows.</param>
    public static IEnumerable<string> Describe(TrainingParts parts, long done, long? saved)
    {
        long steps = parts.Settings.Steps;
        if (saved is not { } before || before == steps || done == 0 || done >= steps)
        {
            yield break;
        }

        string[] rates =
        [
            .. parts.Optimizer.Plan.Groups
                .Select(group => (group.Options.OptimizerName, Last: group.Options.LearningRate.At(done, before), Next: group.Options.LearningRate.At(done + 1, steps)))
                .Where(rate => rate.Next != rate.Last)
                .Select(rate => string.Create(CultureInfo.InvariantCulture, $"{rate.OptimizerName} {rate.Last:g4} in step {done}, {rate.Next:g4} in step {done + 1}"))
                .Distinct(StringComparer.Ordinal),
        ];
        if (parts.Optimizer.Plan.Groups.Any(group => group.Options.LearningRate.NeedsTotalSteps))
        {
            yield return $"[resume] the run has {steps} steps now instead of {before}, and its learning rates follow the new length from here on"
                + (rates.Length == 0 ? "" : $": {string.Join("; ", rates)}");
        }
    }
}
