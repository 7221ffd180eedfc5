using System.Text.Json.Nodes;
using MuonSharp.Experiments;

namespace MuonSharp.Cli.Output;

/// <summary>What every command that trains many runs says on a terminal while they go on, and where they were stopped.</summary>
internal sealed class ExperimentLines(Terminal terminal)
{
    private static readonly TimeSpan s_livePeriod = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_plainPeriod = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _clock = TimeProvider.System;
    private long _shown = TimeProvider.System.GetTimestamp();

    /// <summary>Whether it is time for a line about what is going on.</summary>
    public bool IsDue => _clock.GetElapsedTime(_shown) >= (terminal.Mode.Live ? s_livePeriod : s_plainPeriod);

    /// <summary>Begins to wait for the next one.</summary>
    public void Restart() => _shown = _clock.GetTimestamp();

    /// <summary>Says what is going on: on a terminal drawn over, in a pipe a line.</summary>
    /// <param name="fields">The most important first.</param>
    public void Progress(params IReadOnlyList<string> fields)
    {
        Restart();
        if (terminal.Mode.Live)
        {
            terminal.Live(fields);
        }
        else
        {
            terminal.Line(string.Join("  ", fields), Style.Label);
        }
    }

    /// <summary>What a line of JSON about a finished run says of its end.</summary>
    /// <param name="line">Which run it is; the rest is added to it.</param>
    /// <param name="run">The run.</param>
    /// <param name="wasThere">Whether an earlier call trained it.</param>
    public static JsonObject Finished(JsonObject line, TrainedRun run, bool wasThere)
    {
        line["final_loss"] = run.Diverged ? null : run.FinalLoss;
        line["diverged"] = run.Diverged;
        line["was_there"] = wasThere;
        line["run"] = run.Folder;
        return ComparisonJson.WithAccuracy(run, line);
    }

    /// <summary>The user asked to stop.</summary>
    public void Stopping() => terminal.Notice("stopping after this step, then a checkpoint of what is going on; Ctrl+C again ends at once and loses what that did since its last one");

    /// <summary>It was stopped.</summary>
    public void Stopped(string folder)
    {
        terminal.Line("stopped; everything is kept, and the same command goes on from here", Style.Warning);
        terminal.Columns([["folder", folder]], Style.Label);
    }
}
