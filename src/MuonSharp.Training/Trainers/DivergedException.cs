namespace MuonSharp.Training;

/// <summary>Too many steps in a row had gradients that were not finite, or the held-out loss at the end is not. A checkpoint was written before.</summary>
public sealed class DivergedException : Exception
{
    /// <summary>An exception for a run that diverged.</summary>
    /// <param name="message">One line.</param>
    /// <param name="step">Number of steps done.</param>
    /// <param name="parameter">The parameter whose gradient was not finite in the last step; null if it is the held-out loss that is not.</param>
    public DivergedException(string message, long step, string? parameter)
        : base(message) => (Step, Parameter) = (step, parameter);

    /// <summary>Number of steps done.</summary>
    public long Step { get; }

    /// <summary>The parameter whose gradient was not finite in the last step; null if it is the held-out loss that is not.</summary>
    public string? Parameter { get; }
}
