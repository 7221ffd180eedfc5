namespace MuonSharp.Training;

/// <summary>A configuration that breaks rules; the message lists every problem, one a line.</summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>An exception for the given problems.</summary>
    /// <param name="problems">One line each; at least one.</param>
    public ConfigurationException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    /// <summary>An exception for one problem.</summary>
    /// <param name="problem">One line: <c>[operation] rule; what came</c>.</param>
    public ConfigurationException(string problem)
        : this([problem])
    {
    }

    /// <summary>Every problem found, one line each.</summary>
    public IReadOnlyList<string> Problems { get; }
}
