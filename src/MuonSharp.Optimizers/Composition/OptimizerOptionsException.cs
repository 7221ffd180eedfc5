namespace MuonSharp.Optimizers;

/// <summary>Options, groups or parameters of an optimizer are wrong; the message lists every problem.</summary>
#pragma warning disable CA1032, RCS1194 // made from a list of problems, not from a sentence
public sealed class OptimizerOptionsException : ArgumentException
#pragma warning restore CA1032, RCS1194
{
    internal OptimizerOptionsException(string operation, IReadOnlyList<string> problems)
        : base($"[{operation}] " + string.Join("; ", problems)) => Problems = problems;

    /// <summary>The problems, one sentence each.</summary>
    public IReadOnlyList<string> Problems { get; }
}
