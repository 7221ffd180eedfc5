using System.Globalization;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>An event file for TensorBoard in a run folder: the numbers of steps and evaluations, and samples as text.</summary>
/// <remarks>Each process that trains the run has a file of its own, and says at its beginning from which step on: what older files have of later steps TensorBoard leaves out.</remarks>
internal sealed class TensorBoardLog : IDisposable
{
    private const string Writer = "MuonSharp";

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
        string name = Path.Combine(folder.Path, $"events.out.tfevents.{time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}.muonsharp");
        string path = Enumerable.Range(1, int.MaxValue).Select(number => number == 1 ? name : $"{name}.{number}").First(candidate => !Path.Exists(candidate));
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

    /// <summary>Four blanks before each line: Markdown that is to be shown as it is.</summary>
    private static string Verbatim(string text) => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => "    " + line));
}
