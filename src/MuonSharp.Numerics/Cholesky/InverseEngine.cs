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
        var blocks = PanelMatrix.BlocksOf(source.Rows);
        team = source.Rows <= SerialSize ? null : team;
        var panels = new PanelMatrix(scratch, blocks);
        var negated = scratch + ((long)blocks * blocks * PanelMatrix.BlockLength);
        var nextNegated = negated + (blocks * PanelMatrix.BlockLength);
        var factor = nextNegated + (blocks * PanelMatrix.BlockLength);
        var load = new InverseLoadJob(source, shift, panels);
        TeamRunner.Run(team, blocks, ref load);
        var failed = -1;
        InverseStepJob<R, V>.Diagonal(panels, 0, negated, factor, &failed);
        for (var step = 0; failed < 0 && step < blocks; step++)
        {
            var job = new InverseStepJob<R, V>(panels, negated, nextNegated, factor, &failed, step);
            TeamRunner.Run(team, job.Tasks, ref job);
            var free = negated;
            negated = nextNegated;
            nextNegated = free;
        }

        if (failed < 0)
        {
            var square = new InverseSquareJob<R, V>(panels, result, mirror);
            TeamRunner.Run(team, square.Tasks, ref square);
        }

        return failed;
    }
}
