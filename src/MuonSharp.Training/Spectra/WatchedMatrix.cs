using MuonSharp.Formats;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>A matrix of a parameter whose spectra are written down.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Index">Number of the matrix among those of the parameter.</param>
internal sealed record WatchedMatrix(Parameter Parameter, int Index)
{
    /// <summary>How many matrices are watched where none are named.</summary>
    public const int UsualCount = 4;

    /// <summary>The parameter's name; of one of several matrices with the part's name or its number after a slash.</summary>
    public string Name { get; } = Parameter.Matrices.Length == 1 ? Parameter.Name
        : $"{Parameter.Name}/{(Parameter.Matrices[Index].Name is { Length: > 0 } part ? part : Index)}";

    /// <summary>Where it lies in its tensor.</summary>
    public MatrixSlice Slice => Parameter.Matrices[Index];

    /// <summary>Number of singular values.</summary>
    public int Size => Math.Min(Slice.Rows, Slice.Columns);

    /// <summary>Whether a range of the tensor's elements holds all of it.</summary>
    public bool IsWithin(OwnedRange range) =>
        Slice.Offset >= range.Start && Slice.Offset + ((long)(Slice.Rows - 1) * Slice.RowStride) + Slice.Columns <= range.Start + (long)range.Length;

    /// <summary>The matrices that a setting names.</summary>
    /// <param name="parameters">All parameters.</param>
    /// <param name="names">Names of parameters or matrices with commas between, <c>*</c> for any letters; null: some hidden matrices, evenly spread over the network.</param>
    /// <exception cref="ConfigurationException">A name is that of no matrix.</exception>
    public static IReadOnlyList<WatchedMatrix> Choose(IReadOnlyList<Parameter> parameters, string? names)
    {
        // One that has weights and no gradient is not trained; one on paper has neither.
        WatchedMatrix[] all =
        [
            .. parameters.Where(static parameter => parameter.Weights.IsEmpty || !parameter.Gradient.IsEmpty)
                .SelectMany(static parameter => parameter.Matrices.Select((_, index) => new WatchedMatrix(parameter, index))),
        ];
        if (names is null)
        {
            WatchedMatrix[] hidden = [.. all.Where(static matrix => matrix.Parameter.Role == ParameterRole.Matrix)];
            int count = Math.Min(UsualCount, hidden.Length);
            return [.. Enumerable.Range(0, count).Select(i => hidden[count == 1 ? 0 : i * (hidden.Length - 1) / (count - 1)])];
        }

        string[] patterns = names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        string[] problems =
        [
            .. patterns.Where(pattern => !all.Any(matrix => matrix.Fits(pattern)))
                .Select(pattern => $"[config] log.spectra must name matrices of the model; {OneLine.Quote(pattern)} is none{NearestName.Hint(pattern, all.Select(static matrix => matrix.Name))}"),
        ];
        return problems.Length > 0 ? throw new ConfigurationException(problems) : [.. all.Where(matrix => patterns.Any(matrix.Fits))];
    }

    private bool Fits(string pattern) => IsLike(pattern, Name) || IsLike(pattern, Parameter.Name);

    private static bool IsLike(string pattern, string name) => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
}
