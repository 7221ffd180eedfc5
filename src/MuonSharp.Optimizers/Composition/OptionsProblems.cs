namespace MuonSharp.Optimizers;

/// <summary>Options, groups or parameters of an optimizer are wrong; the message lists every problem.</summary>
public sealed class OptimizerOptionsException : ArgumentException
{
    internal OptimizerOptionsException(string operation, IReadOnlyList<string> problems)
        : base($"[{operation}] " + string.Join("; ", problems)) => Problems = problems;

    /// <summary>The problems, one sentence each.</summary>
    public IReadOnlyList<string> Problems { get; }
}

/// <summary>Collects everything that is wrong, so that a user hears of all of it at once.</summary>
internal sealed class OptionsProblems(long totalSteps)
{
    private readonly List<string> _messages = [];

    public IReadOnlyList<string> Messages => _messages;

    /// <summary>Stands before each message, such as a group's name.</summary>
    public string Prefix { get; set; } = string.Empty;

    public void Require(bool rule, string message)
    {
        if (!rule)
        {
            _messages.Add(Prefix + message);
        }
    }

    /// <summary>A hyperparameter over time: finite, at least 0, below a bound, and with a length of run when it needs one.</summary>
    public void Schedule(string name, Schedule schedule, double below)
    {
        if (schedule.Problem is { } problem)
        {
            Require(false, $"{name}: {problem}");
            return;
        }

        (double least, double greatest) = schedule.Range;
        string rule = double.IsInfinity(below) ? ">= 0 and finite" : $"in [0, {below})";
        Require(least >= 0 && greatest < below && double.IsFinite(greatest), $"{name} must be {rule}, not {(least >= 0 ? greatest : least)}");
        Require(!schedule.NeedsTotalSteps || totalSteps > 0, $"{name} follows a schedule that ends, so total steps must be given");
    }

    public void Throw(string operation)
    {
        if (_messages.Count > 0)
        {
            throw new OptimizerOptionsException(operation, _messages);
        }
    }
}
