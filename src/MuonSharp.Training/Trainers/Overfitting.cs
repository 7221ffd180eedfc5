using System.Globalization;

namespace MuonSharp.Training;

/// <summary>What is said of a model that learns its training data by heart: before the first step, at an evaluation, at the end. One sentence each, with what can be done.</summary>
internal static class Overfitting
{
    /// <summary>A text that is gone through more often than this is soon known by heart.</summary>
    public const int ManyPasses = 30;

    /// <summary>So many evaluations, each worse than the one before, are no chance.</summary>
    public const int WorseInARow = 3;

    /// <summary>Advice for a run that goes through its text many times; none for another.</summary>
    /// <param name="length">Tokens of the text.</param>
    /// <param name="unitsPerStep">Tokens in a step.</param>
    /// <param name="steps">Steps of the whole run.</param>
    public static IEnumerable<string> Advice(long length, long unitsPerStep, long steps)
    {
        if ((double)unitsPerStep * steps / length is var passes and > ManyPasses)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"[data] the {length:N0} tokens to train on are gone through {passes:N0} times; beyond some {ManyPasses} times a model learns a text by heart: more text, a smaller model, ")
                + string.Create(CultureInfo.InvariantCulture, $"train.steps={Math.Max(1, ManyPasses * length / unitsPerStep)}, or train.stopAfter=3, which ends the run when the held-out loss rises");
        }
    }

    /// <summary>What is said at an evaluation; null unless the evaluations have just become worse often enough: once for each time they do.</summary>
    public static string? AtEvaluation(EvaluationCourse course, string? checkpoint) => course is { WorseInARow: WorseInARow, Best: { } best }
        ? $"[train] the {best.Number.Title} has become worse {WorseInARow} times in a row: the model learns the training data by heart. The best was {Number(best)} after step {Count(best.Step)}; {Way(checkpoint)}"
        : null;

    /// <summary>What is said at the end; null where the last evaluation is about as good as the best.</summary>
    public static string? AtEnd(EvaluationCourse course, Evaluation? last, string? checkpoint) =>
        course.Best is { } best && last?.Decisive is { } end && best.IsClearlyBetterThan(end)
            ? $"[train] the model was best after step {Count(best.Step)}: {best.Number.Title} {Number(best)}, at the end {Short(end.Value)}; {Way(checkpoint)}"
            : null;

    private static string Way(string? checkpoint) => checkpoint is null
        ? "no checkpoint of it was written"
        : $"{Path.GetFileName(checkpoint)} is kept, and generate --checkpoint best takes it";

    private static string Number(BestEvaluation best) => Short(best.Number.Value);

    private static string Short(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
