using MuonSharp.Formats;
using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>What a run folder says of a run, in progress or done; reading again takes what was written since.</summary>
internal sealed class RunHistory : IDisposable
{
    private readonly RunFolder _folder;
    private MetricsReader? _reader;

    /// <summary>Reads a run.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="InvalidFileException">There is no run, or a file of it cannot be read.</exception>
    public RunHistory(string folder)
    {
        _folder = new(folder);
        Name = OwnName;
        Settings = RunSettings.Read(_folder);
        Environment = RunMachine.Read(_folder);
        Routing = RunRouting.Read(_folder);
        Read();
    }

    /// <summary>The folder as it was given.</summary>
    public string Folder => _folder.Path;

    /// <summary>What a page calls it: the folder's own name, or the path where several have one name.</summary>
    public string Name { get; set; }

    private string OwnName => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_folder.Path)));

    /// <summary>The configuration.</summary>
    public RunSettings Settings { get; }

    /// <summary>Machine and version: names and values.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; }

    /// <summary>Who steps which parameter; none where the folder does not say.</summary>
    public IReadOnlyList<RoutedParameter> Routing { get; }

    /// <summary>The steps.</summary>
    public StepColumns Steps { get; private set; } = new();

    /// <summary>The evaluations.</summary>
    public List<EvaluationLine> Evaluations { get; } = [];

    /// <summary>The samples.</summary>
    public List<SampleLine> Samples { get; } = [];

    /// <summary>Singular values, matrix by matrix.</summary>
    public List<MatrixSpectra> Spectra { get; } = [];

    /// <summary>Steps that changed nothing.</summary>
    public List<SkippedLine> Skipped { get; } = [];

    /// <summary>How the run ended; null while it goes on, or where it was killed.</summary>
    public EndLine? End { get; private set; }

    /// <summary>The newest step line; null before the first.</summary>
    public StepLine? LastStep { get; private set; }

    /// <summary>The process that trains, for a page that looks at it; null: nobody looks.</summary>
    public RunProcess? Process { get; private set; }

    /// <summary>Lines that could not be read.</summary>
    public int BrokenLines { get; private set; }

    /// <summary>Steps done.</summary>
    public long Step { get; private set; }

    /// <summary>What the newest checkpoint says; null while there is none.</summary>
    public CheckpointFacts? Checkpoint { get; private set; }

    /// <summary>The evaluation with the best of the numbers that decide; null while there is none that is a number.</summary>
    public EvaluationLine? Best => Evaluations.Where(line => double.IsFinite(line.Numbers[0].Value))
        .MinBy(line => Checkpoint is { HigherIsBetter: true } ? -line.Numbers[0].Value : line.Numbers[0].Value);

    /// <summary>Takes what was written since the last call; begins again where the run was cut back to a checkpoint.</summary>
    /// <exception cref="InvalidFileException">A file cannot be read.</exception>
    public void Read()
    {
        if (_reader is { IsCut: true })
        {
            Forget();
        }

        if (_reader is null && !File.Exists(_folder.MetricsPath))
        {
            return;
        }

        _reader ??= new(_folder.MetricsPath, "report");
        while (true)
        {
            MetricsLine? line = _reader.Next(out string? problem);
            if (line is null && problem is null)
            {
                break;
            }

            Take(line);
        }

        Steps.Complete();
        Checkpoint ??= CheckpointFacts.Read(_folder);
    }

    /// <summary>Looks at the process that trains, from now on whenever this is called.</summary>
    public void LookAtProcess() => (Process ??= new(_folder)).Look(End is null);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _reader?.Dispose();

    private void Take(MetricsLine? line)
    {
        Step = Math.Max(Step, line?.Step ?? 0);
        End = line is EndLine end ? end : line is StepLine ? null : End;
        switch (line)
        {
            case null:
                BrokenLines++;
                break;
            case StepLine step:
                Steps.Add(step);
                LastStep = step;
                break;
            case EvaluationLine evaluation:
                Evaluations.Add(evaluation);
                break;
            case SampleLine sample:
                Samples.Add(sample);
                break;
            case SkippedLine skipped:
                Skipped.Add(skipped);
                break;
            case SpectrumLine spectrum:
                MatrixSpectra.Add(Spectra, spectrum);
                break;
            default:
                break;
        }
    }

    private void Forget()
    {
        _reader!.Dispose();
        (_reader, Steps, End, LastStep, BrokenLines, Step) = (null, new(), null, null, 0, 0);
        Evaluations.Clear();
        Samples.Clear();
        Skipped.Clear();
        Spectra.Clear();
    }
}
