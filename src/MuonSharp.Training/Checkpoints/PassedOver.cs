namespace MuonSharp.Training;

/// <summary>What a user is told of damaged checkpoints: what is wrong with each, and which one is used instead.</summary>
internal static class PassedOver
{
    /// <summary>One line for each damaged checkpoint.</summary>
    /// <param name="problems">What is wrong with them.</param>
    /// <param name="step">Step of the checkpoint that is used.</param>
    public static IEnumerable<string> Describe(IReadOnlyList<string> problems, long step) =>
        problems.Select(problem => $"{problem}; the checkpoint of step {step} is used instead");
}
