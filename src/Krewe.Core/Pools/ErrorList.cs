namespace Krewe.Core.Pools;

/// <summary>Errors as they are found, up to a bound.</summary>
internal sealed class ErrorList
{
    private readonly List<PoolsFileError> _errors = [];

    public IReadOnlyList<PoolsFileError> All => _errors;

    public void Add(string path, string message)
    {
        if (_errors.Count < PoolsFileResult.MaxErrors)
        {
            _errors.Add(new PoolsFileError(path, message));
        }
    }
}
