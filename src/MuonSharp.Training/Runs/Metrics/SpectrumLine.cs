using System.Text.Json;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>Singular values of one matrix after a step: kind <c>spectrum</c>.</summary>
/// <param name="Step">How many steps had been done, this one counted.</param>
public sealed record SpectrumLine(long Step) : MetricsLine(Step)
{
    internal const string KindName = "spectrum";

    private const int GreatestSide = 1 << 30;

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <summary>The parameter's name; of one of several matrices in it with the part's name after a slash.</summary>
    public required string Matrix { get; init; }

    /// <summary>Rows as stored.</summary>
    public required int Rows { get; init; }

    /// <summary>Columns as stored.</summary>
    public required int Columns { get; init; }

    /// <summary>What was measured, in the order of <see cref="SpectrumKind"/>. Of matrices that are not orthogonalized there are gradient and weights alone.</summary>
    public required IReadOnlyList<Spectrum> Spectra { get; init; }

    internal static string KeyOf(SpectrumKind kind) => kind switch
    {
        SpectrumKind.Gradient => "gradient",
        SpectrumKind.Momentum => "momentum",
        SpectrumKind.Direction => "direction",
        SpectrumKind.Result => "result",
        _ => "weights",
    };

    internal static SpectrumLine Read(long step, JsonEntry line) => new(step)
    {
        Matrix = line["matrix"].Text(),
        Rows = line["rows"].Integer(1, GreatestSide),
        Columns = line["columns"].Integer(1, GreatestSide),
        Spectra =
        [
            .. Enum.GetValues<SpectrumKind>().Select(kind => (Kind: kind, Entry: line.Find(KeyOf(kind)))).Where(static pair => pair.Entry is not null)
                .Select(static pair => new Spectrum(pair.Kind, Number(pair.Entry!["frobenius"]), [.. pair.Entry["values"].Items(1, Spectrum.MostValues).Select(Number)])),
        ],
    };

    /// <inheritdoc/>
    private protected override void WriteRest(Utf8JsonWriter json)
    {
        json.WriteString("matrix"u8, Matrix);
        json.WriteNumber("rows"u8, Rows);
        json.WriteNumber("columns"u8, Columns);
        for (int i = 0; i < Spectra.Count; i++)
        {
            json.WriteStartObject(KeyOf(Spectra[i].Kind));
            json.WriteFinite("frobenius"u8, Spectra[i].Frobenius);
            json.WriteStartArray("values"u8);
            for (int j = 0; j < Spectra[i].Values.Count; j++)
            {
                json.WriteFiniteValue(Spectra[i].Values[j]);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}

/// <summary>Of what the singular values are.</summary>
public enum SpectrumKind
{
    /// <summary>The step's gradient, before clipping.</summary>
    Gradient,

    /// <summary>The momentum after the step.</summary>
    Momentum,

    /// <summary>What goes into the orthogonalization: the momentum, with the look-ahead of Nesterov's form.</summary>
    Direction,

    /// <summary>What comes out of it, rows normalized where asked for: the update without learning rate and scale.</summary>
    Result,

    /// <summary>The weights after the step.</summary>
    Weights,
}

/// <summary>The singular values of a matrix.</summary>
/// <param name="Kind">Of what.</param>
/// <param name="Frobenius">The root of the sum of the squares of all of them; NaN where the matrix is not finite.</param>
/// <param name="Values">They themselves, greatest first; of more than <see cref="MostValues"/> so many, evenly spaced by their number, the greatest and the least among them. Five digits.</param>
public sealed record Spectrum(SpectrumKind Kind, double Frobenius, IReadOnlyList<double> Values)
{
    /// <summary>Values that are kept.</summary>
    public const int MostValues = 128;

    /// <summary>The greatest singular value, the spectral norm.</summary>
    public double Greatest => Values[0];

    /// <summary>The greatest over the least; infinite where the least is 0.</summary>
    public double Condition => Values[0] / Values[^1];

    /// <summary>Frobenius norm over spectral norm, squared: how many singular values count, from 1 to all of them. NaN for a matrix of zeros.</summary>
    public double StableRank => Frobenius / Values[0] * (Frobenius / Values[0]);

    internal static Spectrum Of(SpectrumKind kind, ReadOnlySpan<double> all)
    {
        double squares = 0;
        foreach (double value in all)
        {
            squares += value * value;
        }

        int count = Math.Min(MostValues, all.Length);
        double[] kept = new double[count];
        for (int i = 0; i < count; i++)
        {
            kept[i] = Short(all[count == 1 ? 0 : (int)((long)i * (all.Length - 1) / (count - 1))]);
        }

        return new(kind, Short(Math.Sqrt(squares)), kept);
    }

    /// <summary>Five significant digits: what a chart can show, and no more in the file.</summary>
    private static double Short(double value) =>
        value == 0 || !double.IsFinite(value) ? value : double.Parse(value.ToString("E4", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
}
