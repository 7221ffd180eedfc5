using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The singular values of one matrix over a run: numbers of each sample, and some of the samples whole.</summary>
internal sealed class MatrixSpectra
{
    private const int MostKept = 48;

    private readonly List<SpectrumLine> _kept = [];
    private readonly List<double> _steps = [];
    private readonly List<Spectrum?[]> _numbers = [];
    private readonly double[] _none = [];
    private SpectrumLine _newest;

    private MatrixSpectra(SpectrumLine first) => _newest = first;

    /// <summary>The matrix's name.</summary>
    public string Name => _newest.Matrix;

    /// <summary>Rows and columns as stored.</summary>
    public string Shape => $"{_newest.Rows} x {_newest.Columns}";

    /// <summary>Number of singular values.</summary>
    public int Size => Math.Min(_newest.Rows, _newest.Columns);

    /// <summary>Steps of all samples.</summary>
    public IReadOnlyList<double> Steps => _steps;

    /// <summary>Takes a sample, into the matrix of its name.</summary>
    public static void Add(List<MatrixSpectra> all, SpectrumLine line)
    {
        MatrixSpectra? matrix = all.Find(each => each.Name == line.Matrix);
        if (matrix is null)
        {
            all.Add(matrix = new(line));
        }

        if (matrix._steps.Count == 0 || matrix._steps[^1] < line.Step)
        {
            matrix.Add(line);
        }
    }

    /// <summary>Steps of some samples, evenly spread over the run, the newest first and the oldest last.</summary>
    /// <param name="most">How many at most, 2 or more.</param>
    public IReadOnlyList<long> Some(int most)
    {
        long[] all = [.. _kept.Select(line => line.Step).Append(_newest.Step).Distinct()];
        return [.. Smoothing.Even(all.Length, most).Select(i => all[i]).Reverse()];
    }

    /// <summary>The sample of a step; null if there is none, or it was not kept.</summary>
    public SpectrumLine? At(long step) => _newest.Step == step ? _newest : _kept.Find(line => line.Step == step);

    /// <summary>A number of each sample; NaN where it has none.</summary>
    /// <param name="kind">Of what.</param>
    /// <param name="number">Which number.</param>
    public IReadOnlyList<double> Numbers(SpectrumKind kind, Func<Spectrum, double> number) => _numbers.TrueForAll(each => each[(int)kind] is null)
        ? _none : [.. _numbers.Select(each => each[(int)kind] is { } spectrum ? number(spectrum) : double.NaN)];

    private void Add(SpectrumLine line)
    {
        _newest = line;
        _steps.Add(line.Step);

        // What the numbers are made of; all values would be a megabyte in some hundred samples.
        var ends = new Spectrum?[Enum.GetValues<SpectrumKind>().Length];
        foreach (Spectrum spectrum in line.Spectra)
        {
            ends[(int)spectrum.Kind] = spectrum with { Values = [spectrum.Values[0], spectrum.Values[^1]] };
        }

        _numbers.Add(ends);
        if (_kept.Count == MostKept)
        {
            for (int i = MostKept - 1; i > 0; i -= 2)
            {
                _kept.RemoveAt(i);
            }
        }

        if (_kept.Count < 2 || line.Step - _kept[^1].Step >= _kept[1].Step - _kept[0].Step)
        {
            _kept.Add(line);
        }
    }
}
