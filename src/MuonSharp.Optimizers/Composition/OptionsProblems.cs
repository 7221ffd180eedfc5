namespace MuonSharp.Optimizers;

/// <summary>Options, groups or parameters of an optimizer are wrong; the message lists every problem.</summary>
public sealed class OptimizerOptionsException : ArgumentException
{
    /// <summary>Says what is wrong.</summary>
    /// <param name="operation">What was asked for, such as the optimizer's name.</param>
    /// <param name="problems">The problems, one sentence each.</param>
    public OptimizerOptionsException(string operation, IReadOnlyList<string> problems)
        : base($"[{operation}] " + string.Join("; ", problems)) => Problems = problems;

    /// <summary>The problems, one sentence each.</summary>
    public IReadOnlyList<string> Problems { get; }
}

/// <summary>Collects everything that is wrong, so that a user hears of all of it at once.</summary>
public sealed class OptionsProblems
{
    private readonly long _totalSteps;
    private readonly List<string> _messages = [];

    internal OptionsProblems(long totalSteps) => _totalSteps = totalSteps;

    /// <summary>What is wrong so far.</summary>
    public IReadOnlyList<string> Messages => _messages;

    /// <summary>Stands before each message, such as a group's name.</summary>
    internal string Prefix { get; set; } = string.Empty;

    /// <summary>Adds a problem unless a rule holds.</summary>
    /// <param name="rule">Whether it does.</param>
    /// <param name="message">The rule and what came, one sentence: <c>beta2 must be in [0, 1), not 1</c>.</param>
    public void Require(bool rule, string message)
    {
        if (!rule)
        {
            _messages.Add(Prefix + message);
        }
    }

    /// <summary>A hyperparameter over time: finite, at least 0, below a bound, and with a length of run when it needs one.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="below">The bound, infinity for none.</param>
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
        Require(!schedule.NeedsTotalSteps || _totalSteps > 0, $"{name} follows a schedule that ends, so total steps must be given");
    }

    internal void Throw(string operation)
    {
        if (_messages.Count > 0)
        {
            throw new OptimizerOptionsException(operation, _messages);
        }
    }
}
