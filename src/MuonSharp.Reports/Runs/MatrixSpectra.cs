using MuonSharp.Training;

namespace MuonSharp.Reports;

/// <summary>The singular values of one matrix over a run: numbers of the samples, and some of the samples whole.</summary>
internal sealed class MatrixSpectra
{
    private const int MostKept = 48;
    private const int MostNumbers = 2048;

    private readonly SomeSamples<SpectrumLine> _kept = new(MostKept);
    private readonly SomeSamples<Spectrum?[]> _numbers = new(MostNumbers);
    private readonly double[] _none = [];
    private SpectrumLine _newest;

    private MatrixSpectra(SpectrumLine first) => _newest = first;

    /// <summary>The matrix's name.</summary>
    public string Name => _newest.Matrix;

    /// <summary>Rows and columns as stored.</summary>
    public string Shape => $"{_newest.Rows} x {_newest.Columns}";

    /// <summary>Number of singular values.</summary>
    public int Size => Math.Min(_newest.Rows, _newest.Columns);

    /// <summary>Steps of the samples whose numbers are there.</summary>
    public IReadOnlyList<double> Steps => [.. _numbers.All.Select(each => (double)each.Step)];

    /// <summary>Steps of the samples that are there whole, ascending: the first, the newest and some between.</summary>
    public IEnumerable<long> Kept => _kept.All.Select(each => each.Step);

    /// <summary>Takes a sample, into the matrix of its name.</summary>
    public static void Add(List<MatrixSpectra> all, SpectrumLine line)
    {
        MatrixSpectra? matrix = all.Find(each => each.Name == line.Matrix);
        if (matrix is null)
        {
            all.Add(matrix = new(line));
        }

        if (matrix._kept.All.Count == 0 || matrix._newest.Step < line.Step)
        {
            matrix.Add(line);
        }
    }

    /// <summary>The newest sample up to a step of those that are there whole; null if there is none.</summary>
    public SpectrumLine? UpTo(long step) => _kept.UpTo(step).Sample;

    /// <summary>A number of each sample; NaN where it has none.</summary>
    /// <param name="kind">Of what.</param>
    /// <param name="number">Which number.</param>
    public IReadOnlyList<double> Numbers(SpectrumKind kind, Func<Spectrum, double> number) => _numbers.All.All(each => each.Sample[(int)kind] is null)
        ? _none : [.. _numbers.All.Select(each => each.Sample[(int)kind] is { } spectrum ? number(spectrum) : double.NaN)];

    private void Add(SpectrumLine line)
    {
        _newest = line;
        _kept.Add(line.Step, line);

        // What the numbers are made of; all values would be a megabyte in some hundred samples.
        var ends = new Spectrum?[Enum.GetValues<SpectrumKind>().Length];
        foreach (Spectrum spectrum in line.Spectra)
        {
            ends[(int)spectrum.Kind] = spectrum with { Values = [spectrum.Values[0], spectrum.Values[^1]] };
        }

        _numbers.Add(line.Step, ends);
    }
}
