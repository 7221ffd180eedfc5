namespace MuonSharp.Cli;

/// <summary>What the process says to its caller when it ends: part of the command line's contract.</summary>
internal static class ExitCode
{
    /// <summary>The work is done.</summary>
    public const int Done = 0;

    /// <summary>The command line or the configuration breaks a rule.</summary>
    public const int Usage = 1;

    /// <summary>A file that was given (text, checkpoint, model) cannot be used.</summary>
    public const int BadInput = 2;

    /// <summary>The run diverged: too many steps in a row that were not finite.</summary>
    public const int Diverged = 3;

    /// <summary>The environment lacks something that was asked for.</summary>
    public const int MissingEnvironment = 4;

    /// <summary>A result could not be written; what was complete stays complete.</summary>
    public const int CouldNotWrite = 5;

    /// <summary>Stopped by Ctrl+C or SIGTERM after a checkpoint was written.</summary>
    public const int Cancelled = 130;
}
