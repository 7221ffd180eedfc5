using System.Globalization;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>An event file for TensorBoard in a run folder: the numbers of steps and evaluations, and samples as text.</summary>
/// <remarks>Each process that trains the run has a file of its own, and says at its beginning from which step on: what older files have of later steps TensorBoard leaves out.</remarks>
internal sealed class TensorBoardLog : IDisposable
{
    private const string Writer = "MuonSharp";
    private const string Prefix = "events.out.tfevents.";
    private const string Suffix = ".muonsharp";

    private readonly AppendFile _file;
    private readonly TimeProvider _time;

    private TensorBoardLog(AppendFile file, TimeProvider time) => (_file, _time) = (file, time);

    private double Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    /// <summary>Begins a file.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="step">The first step that it will have, from 1.</param>
    /// <param name="files">How it is written.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="WriteFailedException">The file cannot be made.</exception>
    public static TensorBoardLog Open(RunFolder folder, long step, IFileOperations files, TimeProvider time)
    {
        // TensorBoard reads files in the order of their names: later ones come after earlier ones, even where the clock was put back.
        long last = Directory.EnumerateFiles(folder.Path, Prefix + "*").Select(Number).DefaultIfEmpty().Max(), number = Math.Max(time.GetUtcNow().ToUnixTimeSeconds(), last + 1);
        string path = Path.Combine(folder.Path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{number}{Suffix}"));
        TensorBoardLog log = new(AppendFile.Open("tensorboard", path, 0, files), time);
        log._file.Append([.. TensorBoardRecords.Version(log.Now, Writer), .. TensorBoardRecords.Start(log.Now, step)]);
        return log;
    }

    /// <summary>Writes what a line of the metrics says; of other kinds nothing.</summary>
    /// <exception cref="WriteFailedException">The disk is full or cannot be written.</exception>
    public void Write(MetricsLine line)
    {
        switch (line)
        {
            case StepLine step:
                Write(step.Step, [
                    ("train/loss", step.Loss), ("train/gradient_norm", step.GradientNorm), ("train/update_rms", step.UpdateRms),
                    .. step.LearningRates.Select(rate => ($"learning_rate/{rate.Group}", rate.Value)),
                    ("attention/max_logit", step.MaximumLogit), ("attention/clipped_heads", step.ClippedHeads),
                    ("time/step_ms", step.StepMilliseconds), ("time/optimizer_ms", step.OptimizerMilliseconds), ($"time/{step.Unit}_per_second", step.UnitsPerSecond),
                ]);
                break;
            case EvaluationLine evaluation:
                Write(evaluation.Step, [.. evaluation.Numbers.Select(number => ($"held_out/{number.Name}", number.Value))]);
                break;
            case SampleLine sample:
                _file.Append(TensorBoardRecords.Text(Now, sample.Step, "sample/text_summary", Verbatim(sample.Prompt + sample.Text)));
                break;
            default:
                break;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void Write(long step, IReadOnlyList<(string Tag, double Value)> values) =>
        _file.Append(TensorBoardRecords.Scalars(Now, step, values.Where(value => double.IsFinite(value.Value)).Select(value => (value.Tag, (float)value.Value))));

    /// <summary>The number in a file's name, the second in which it was begun or later; 0 in a name of others.</summary>
    private static long Number(string path) =>
        long.TryParse(Path.GetFileName(path).AsSpan(Prefix.Length).TrimEnd(Suffix), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;

    /// <summary>Four blanks before each line: Markdown that is to be shown as it is.</summary>
    private static string Verbatim(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => "    " + line));
}
