namespace MuonSharp.Training;

/// <summary>Something the user gave cannot be used: a text, a prompt, a run folder. The message is one line that says what and where.</summary>
public sealed class BadInputException : Exception
{
    /// <summary>An exception with a message of the form <c>[operation] rule; what came</c>.</summary>
    /// <param name="message">One line.</param>
    public BadInputException(string message)
        : base(message)
    {
    }

    /// <summary>An exception with a message and what led to it.</summary>
    /// <param name="message">One line.</param>
    /// <param name="inner">What led to it.</param>
    public BadInputException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
