namespace MuonSharp.Numerics;

/// <summary>Copies the lower triangle of a matrix, transposed, into panels, and adds to its diagonal: a task is one panel.</summary>
/// <remarks>What lies beyond the matrix becomes the identity, whose inverse is itself.</remarks>
internal readonly unsafe struct InverseLoadJob(Matrix source, float shift, PanelMatrix panels) : ITeamJob
{
    private const int Width = PanelMatrix.Width;

    public void Run(int task, int worker)
    {
        for (var block = 0; block <= task; block++)
        {
            Load(block, task, panels.Block(block, task));
        }

        var diagonal = panels.Block(task, task);
        for (var i = 0; i < Width; i++)
        {
            diagonal[i * (Width + 1)] = (task * Width) + i < source.Rows ? diagonal[i * (Width + 1)] + shift : 1;
        }
    }

    private void Load(int row, int column, float* to)
    {
        var lines = Math.Min(Width, source.Rows - (column * Width));
        var steps = Math.Min(Width, source.Rows - (row * Width));
        if (steps < Width)
        {
            new Span<float>(to, PanelMatrix.BlockLength).Clear();
        }

        var from = source.Block(column * Width, row * Width, lines, steps);
        PanelPacker.Pack(from.Data, from.ColumnStride, from.RowStride, steps, lines, Width, 1, to);
    }
}
