using MuonSharp.Cli.Output;

namespace MuonSharp.Cli.Signals;

/// <summary>What a person is told who has asked training to stop.</summary>
internal static class StopNotice
{
    /// <summary>Writes it beside the output, below the line that is drawn over.</summary>
    public static void Write(Terminal terminal) =>
        Console.Error.WriteLine($"{(terminal.Mode.Live ? "\n" : "")}stopping: the step is finished and a checkpoint written; once more stops at once");
}
