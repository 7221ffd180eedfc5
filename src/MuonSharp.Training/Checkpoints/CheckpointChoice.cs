using System.Globalization;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Which checkpoint of a run is meant: the newest, that of the best evaluation, or that of a step.</summary>
public readonly record struct CheckpointChoice
{
    private const string LatestWord = "latest";
    private const string BestWord = "best";

    /// <summary>The newest sound one; the default.</summary>
    public static CheckpointChoice Latest => default;

    /// <summary>The one of the best evaluation.</summary>
    public static CheckpointChoice Best { get; } = new() { IsBest = true };

    /// <summary>Whether it is the best that is meant.</summary>
    public bool IsBest { get; private init; }

    /// <summary>The step that is meant; null for the newest and the best.</summary>
    public long? Step { get; private init; }

    /// <summary>The one after a step.</summary>
    /// <param name="step">Steps done, 0 or more.</param>
    public static CheckpointChoice At(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return new() { Step = step };
    }

    /// <summary>Reads <c>latest</c>, <c>best</c> or a step's number, which may be written as its folder is named.</summary>
    /// <param name="text">The text.</param>
    /// <param name="choice">What it says.</param>
    public static bool TryParse(string text, out CheckpointChoice choice)
    {
        choice = text == BestWord ? Best : default;
        if (text is LatestWord or BestWord)
        {
            return true;
        }

        bool found = CheckpointNames.TryParse(text, out long step) || long.TryParse(text.Replace(",", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out step);
        choice = found ? At(step) : default;
        return found;
    }

    /// <summary>The choice as <see cref="TryParse"/> takes it.</summary>
    public override string ToString() => IsBest ? BestWord : Step is { } step ? step.ToString(CultureInfo.InvariantCulture) : LatestWord;
}

/// <summary>Opens the checkpoint of a run that somebody chose.</summary>
internal static class ChosenCheckpoint
{
    private const string Operation = "run";

    /// <summary>Opens it; every file of it is verified.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="choice">Which one.</param>
    /// <param name="notices">One line for each damaged one that was passed over, and where the newest is much worse than the best one.</param>
    /// <exception cref="BadInputException">The run has written none yet, or not that one; the steps there are are listed.</exception>
    /// <exception cref="InvalidFileException">It is damaged or, of the newest, all are.</exception>
    public static LoadedCheckpoint Open(RunFolder folder, CheckpointChoice choice, out IReadOnlyList<string> notices)
    {
        notices = [];
        CheckpointStore store = folder.Checkpoints;
        if (choice.Step is { } step)
        {
            return OpenStep(folder, store, step);
        }

        LoadedCheckpoint newest = store.LoadLatest(out IReadOnlyList<string> problems)
            ?? throw new BadInputException($"[{Operation}] {folder.Path}: a checkpoint is needed; the run has written none yet");
        BestEvaluation? best = EvaluationCourse.ReadBest(newest.State);
        if (!choice.IsBest)
        {
            notices = [.. PassedOver.Describe(problems, newest.Step), .. BetterOne(folder, store, newest, best)];
            return newest;
        }

        newest.Dispose();
        return best is null ? throw new BadInputException($"[{Operation}] {folder.Path}: the best checkpoint is that of the best evaluation; the run knows of none ({There(store)})")
            : OpenStep(folder, store, best.Step);
    }

    private static LoadedCheckpoint OpenStep(RunFolder folder, CheckpointStore store, long step)
    {
        string place = new CheckpointFolder(store.Folder).Locate(step);
        return Directory.Exists(place) ? CheckpointReader.Open(place)
            : throw new BadInputException($"[{Operation}] {folder.Path}: the checkpoint of step {step} must be there; it is not ({There(store)})");
    }

    private static string There(CheckpointStore store) => store.Steps is { Count: > 0 } steps
        ? $"there {(steps.Count == 1 ? "is that of step" : "are those of steps")} {string.Join(", ", steps.Order())}"
        : "there is none";

    private static IEnumerable<string> BetterOne(RunFolder folder, CheckpointStore store, LoadedCheckpoint newest, BestEvaluation? best)
    {
        if (best is not null && best.Step < newest.Step && store.Steps.Contains(best.Step)
            && RunState.ReadValidation(newest.State) is { } last && best.IsClearlyBetterThan(last.Decisive))
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"[{Operation}] {folder.Path}: this is the newest model, after step {newest.Step}; the best was {best}, against {last.Decisive.Value:0.####}: --checkpoint best takes it");
        }
    }
}
