using System.Collections.Immutable;
using System.Text;
using MuonSharp.Optimizers;
using Modules = TorchSharp.Modules;

namespace MuonSharp.TorchSharp;

/// <summary>Who steps what: every parameter of a module with its optimizer and the reason.</summary>
/// <remarks>Made from the kinds of modules and from shapes, never from names. What it cannot know, such as a tensor that a module of your own holds, goes to AdamW and says so.</remarks>
public sealed class TorchRoutingPlan
{
    internal TorchRoutingPlan(ImmutableArray<TorchRoutingRow> rows) => Rows = rows;

    /// <summary>One row a parameter, in the module's order.</summary>
    public ImmutableArray<TorchRoutingRow> Rows { get; }

    /// <summary>Number of elements that Muon steps.</summary>
    public long MatrixElements => Rows.Where(static row => row.IsMatrix).Sum(static row => row.Parameter.numel());

    /// <summary>The plan as a table of plain text, one line a parameter.</summary>
    public override string ToString()
    {
        string[][] cells =
        [
            ["parameter", "shape", "matrices", "optimizer", "reason"],
            .. Rows.Select(static row => new[]
            {
                row.Name, $"[{string.Join(", ", row.Parameter.shape)}]", row.Matrices == 0 ? "-" : row.Matrices.ToString(), row.IsMatrix ? "muon" : "adamw", row.Reason,
            }),
        ];
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in cells)
        {
            text.Append(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }
}

/// <summary>Where one parameter goes, and why.</summary>
/// <param name="Name">Its name in the module.</param>
/// <param name="Parameter">The parameter.</param>
/// <param name="Role">What it does in the module.</param>
/// <param name="Layout">How it splits into matrices; null when Muon does not step it.</param>
/// <param name="Reason">Why it goes there.</param>
public sealed record TorchRoutingRow(string Name, Modules.Parameter Parameter, ParameterRole Role, MatrixLayout? Layout, string Reason)
{
    /// <summary>Whether Muon steps it; otherwise AdamW.</summary>
    public bool IsMatrix => Role == ParameterRole.Matrix;

    /// <summary>Independent matrices that its layout splits it into; 0 when Muon does not step it.</summary>
    public int Matrices => Layout is null ? 0 : Layout.Matrices([.. Parameter.shape.Select(static size => checked((int)size))]).Length;
}
