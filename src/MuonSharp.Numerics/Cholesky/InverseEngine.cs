namespace MuonSharp.Numerics;

/// <summary>The steps of <see cref="PositiveDefiniteInverse"/> with the registers of one width.</summary>
internal static unsafe class InverseEngine<R, V>
    where R : struct, IRegister<V>
    where V : struct
{
    /// <summary>Rows up to which a team is not worth its forks.</summary>
    private const int SerialSize = 64;

    /// <summary>result = (source + shift I)^-1.</summary>
    /// <param name="team">Workers, or null.</param>
    /// <param name="source">Square; its lower triangle is read.</param>
    /// <param name="shift">Added to the diagonal.</param>
    /// <param name="result">May be the source.</param>
    /// <param name="scratch">As <see cref="PositiveDefiniteInverse.ScratchLength"/> says.</param>
    /// <param name="mirror">Whether the upper triangle is written too.</param>
    /// <returns>-1, or the row of the first pivot that is not above zero.</returns>
    public static int Invert(WorkerTeam? team, Matrix source, float shift, Matrix result, float* scratch, bool mirror)
    {
        int blocks = PanelMatrix.BlocksOf(source.Rows);
        team = source.Rows <= SerialSize ? null : team;
        var panels = new PanelMatrix(scratch, blocks);
        float* free = scratch + ((long)blocks * blocks * PanelMatrix.BlockLength);
        var order = new PanelOrder((int*)free, blocks, team?.Threads ?? 1);
        order.Clear();
        var job = new InversePanelJob<R, V>(source, shift, panels, free + PanelOrder.LengthOf(blocks), order);
        TeamRunner.Run(team, blocks, ref job);
        if (order.FailedRow < 0)
        {
            var square = new InverseSquareJob<R, V>(panels, result, mirror);
            TeamRunner.Run(team, square.Tasks, ref square);
        }

        return order.FailedRow;
    }
}
