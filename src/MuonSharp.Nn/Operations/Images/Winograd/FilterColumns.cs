using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Filters [out, in·window], as torch and the optimizers have them, and the same with the filters side by side, [in·window, out]. A task is some filters.</summary>
/// <remarks>Cost: one pass over the filters, whatever the images.</remarks>
internal static unsafe class FilterColumns
{
    private const int Together = 16;

    /// <summary>columns [length, out] = filters.</summary>
    public static void To(WorkerTeam team, Tensor filters, float* columns)
    {
        var job = new Job(filters.Rows, filters.Columns) { Filters = filters.Data, Columns = columns, Back = false };
        team.Run(job.Tasks, ref job);
    }

    /// <summary>filters = [filters +] columns [length, out].</summary>
    public static void From(WorkerTeam team, float* columns, Tensor filters, float* gradient, bool add)
    {
        var job = new Job(filters.Rows, filters.Columns) { Filters = gradient, Columns = columns, Back = true, Add = add };
        team.Run(job.Tasks, ref job);
    }

    private struct Job(int outputs, int length) : ITeamJob
    {
        public float* Filters;
        public float* Columns;
        public bool Back;
        public bool Add;

        public readonly int Tasks => (outputs + Together - 1) / Together;

        public readonly void Run(int task, int worker)
        {
            int first = task * Together, count = Math.Min(Together, outputs - first);
            float* filter = Filters + ((nint)first * length), column = Columns + first;
            if (!Back)
            {
                Transposition.Copy(filter, length, count, length, column, outputs);
                return;
            }

            if (!Add)
            {
                Transposition.Copy(column, outputs, length, count, filter, length);
                return;
            }

            for (int i = 0; i < count; i++, column++, filter += length)
            {
                for (int j = 0; j < length; j++)
                {
                    filter[j] += column[(nint)j * outputs];
                }
            }
        }
    }
}
