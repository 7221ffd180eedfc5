namespace MuonSharp.Training;

/// <summary>Too many steps in a row had gradients that were not finite. A checkpoint of the last good weights was written before.</summary>
public sealed class DivergedException : Exception
{
    /// <summary>An exception for a run that diverged.</summary>
    /// <param name="message">One line.</param>
    /// <param name="step">Number of steps done.</param>
    /// <param name="parameter">The parameter whose gradient was not finite in the last step.</param>
    public DivergedException(string message, long step, string parameter)
        : base(message) => (Step, Parameter) = (step, parameter);

    /// <summary>Number of steps done.</summary>
    public long Step { get; }

    /// <summary>The parameter whose gradient was not finite in the last step.</summary>
    public string Parameter { get; }
}
