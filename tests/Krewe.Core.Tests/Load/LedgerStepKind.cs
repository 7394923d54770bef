namespace Krewe.Core.Tests.Load;

internal enum LedgerStepKind
{
    Reserve,
    Release,
    Assert,
    Expire,
    DropSilo,
    Report,
    MoveTo,
    Pass,
}
