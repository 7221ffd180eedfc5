namespace MuonSharp.Optimizers;

/// <summary>Options, groups or parameters of an optimizer are wrong; the message lists every problem.</summary>
public sealed class OptimizerOptionsException : ArgumentException
{
    internal OptimizerOptionsException(string operation, IReadOnlyList<string> problems)
        : base($"[{operation}] " + string.Join("; ", problems)) => Problems = problems;

    /// <summary>The problems, one sentence each.</summary>
    public IReadOnlyList<string> Problems { get; }
}
